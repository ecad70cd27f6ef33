import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** What a role may do: actions on resources, ARNs wherever AWS has any. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

/** Path of a system's roles: what may be passed on to services is told by it. */
export const rolePath = (prefix: string): string => `/${prefix}/`;

/** A role, and what must be there before it may do what it is for: and until nobody needs it any more. */
export interface RoleWithPolicies {
  readonly role: aws.iam.Role;
  readonly policies: readonly pulumi.Resource[];
}

/** A role that one AWS service takes on. */
export function role(
  prefix: string,
  name: string,
  service: string,
  statements: readonly Statement[],
  options: pulumi.CustomResourceOptions,
  managedPolicies: readonly string[] = [],
): RoleWithPolicies {
  const made = new aws.iam.Role(
    name,
    {
      path: rolePath(prefix),
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
      }),
    },
    options,
  );
  const own =
    statements.length > 0
      ? [new aws.iam.RolePolicy(name, { role: made.id, policy: policyDocument(statements) }, options)]
      : [];
  const attached = managedPolicies.map((policy) => {
    const policyArn = `arn:aws:iam::aws:policy/${policy}`;
    const attachment = `${name}-${policy.replace(/^.*\//, "").toLowerCase()}`;
    return new aws.iam.RolePolicyAttachment(attachment, { role: made.name, policyArn }, options);
  });
  return { role: made, policies: [...own, ...attached] };
}

const policyDocument = (statements: readonly Statement[]): pulumi.Output<string> =>
  pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources }) => ({
      Effect: "Allow",
      Action: [...actions],
      Resource: [...resources],
    })),
  });

/** What the agent needs to start a service's tasks: its images, its secrets, its log group, and nothing else. */
export function executionStatements({
  secretArns,
  repositoryArns,
  logGroupArn,
}: {
  readonly secretArns: readonly pulumi.Input<string>[];
  readonly repositoryArns: readonly string[];
  readonly logGroupArn: pulumi.Input<string>;
}): Statement[] {
  return [
    {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [pulumi.interpolate`${logGroupArn}:*`],
    },
    ...(secretArns.length > 0 ? [{ actions: ["secretsmanager:GetSecretValue"], resources: secretArns }] : []),
    ...(repositoryArns.length > 0
      ? [
          {
            actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            resources: repositoryArns,
          },
          // A token is for a whole registry: AWS has no ARN for it.
          { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
        ]
      : []),
  ];
}
