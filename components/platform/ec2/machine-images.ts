import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Architecture, InstanceType } from "./hardware";

/** What hosts boot from: the AMI that is set, else the ECS-optimized Amazon Linux 2023. */
export class MachineImages {
  private readonly kept = new Map<Architecture, pulumi.Output<string>>();

  constructor(
    private readonly amiId: string | undefined,
    private readonly options: pulumi.CustomResourceOptions,
  ) {}

  /**
   * The AMI for a type of instance. Without one that is set: what AWS recommended when it was first asked for, because
   * an unrelated update is not to replace the data host. It is remembered by architecture, and not by ignoring changes
   * of the host: a host that moves to another architecture would be made from the image of the old one.
   */
  of({ architecture }: Pick<InstanceType, "architecture">): pulumi.Input<string> {
    if (this.amiId !== undefined) return this.amiId;
    const earlier = this.kept.get(architecture);
    if (earlier) return earlier;
    const folder = architecture === "arm64" ? "amazon-linux-2023/arm64" : "amazon-linux-2023";
    const name = `/aws/service/ecs/optimized-ami/${folder}/recommended/image_id`;
    const { insecureValue } = aws.ssm.getParameterOutput({ name }, this.options);
    const { parent } = this.options;
    const stash = new pulumi.Stash(
      `ami-${architecture.replace("_", "-")}`,
      { input: insecureValue },
      { ...(parent && { parent }), ignoreChanges: ["input"] },
    );
    const first = stash.output.apply(String);
    this.kept.set(architecture, first);
    return first;
  }
}
