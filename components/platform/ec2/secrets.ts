import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Secrets of one system in Secrets Manager, each made once however many containers are given it. */
export class Secrets {
  private readonly made = new Map<string, aws.secretsmanager.SecretVersion>();

  constructor(
    private readonly prefix: string,
    private readonly options: pulumi.CustomResourceOptions,
  ) {}

  /**
   * What a container definition names as `valueFrom`. It carries the version, so that a rotated secret is a new task
   * definition: containers that run keep the value they were started with.
   */
  valueFrom(name: string, value: pulumi.Input<string>): pulumi.Output<string> {
    const version = this.version(name, value);
    return pulumi.interpolate`${version.arn}:::${version.versionId}`;
  }

  /** ARN of a secret that `valueFrom` was asked for. */
  arn(name: string): pulumi.Input<string> {
    const version = this.made.get(name);
    if (!version) throw new Error(`no secret ${name} was made`);
    return version.arn;
  }

  private version(name: string, value: pulumi.Input<string>): aws.secretsmanager.SecretVersion {
    const earlier = this.made.get(name);
    if (earlier) return earlier;
    const child = name.toLowerCase().replaceAll("_", "-");
    // A name of its own for each: one that was deleted keeps its name for as long as it can be recovered.
    const secret = new aws.secretsmanager.Secret(
      child,
      { namePrefix: `${this.prefix}/${name}-`, recoveryWindowInDays: 7 },
      this.options,
    );
    // A rollout that is taken back runs the task definition that names the version before.
    const version = new aws.secretsmanager.SecretVersion(
      child,
      { secretId: secret.id, secretString: pulumi.secret(value) },
      { ...this.options, retainOnDelete: true },
    );
    this.made.set(name, version);
    return version;
  }
}
