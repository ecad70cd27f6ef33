import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { HostContext } from "./host";
import { role } from "./roles";

/** The volume that PostgreSQL and Redis keep their data on. */
export interface DataVolumeArgs {
  readonly sizeGiB: number;
  /** A volume that is there, instead of a new one: that of a destroyed stack, for instance. */
  readonly volumeId?: string | undefined;
  /** Snapshot to make the new volume from. */
  readonly snapshotId?: string | undefined;
  /** Days that daily snapshots are kept. */
  readonly snapshotDays: number;
  /** Whether Pulumi refuses to remove it from the stack. It is never deleted either way. */
  readonly protect: boolean;
}

/** Tag that snapshots are made by, and that a volume is found by after its stack was destroyed. */
const DATA_TAG = "sized-stack:data";

/** The volume that the settings name, or a new one. */
export function dataVolume(
  availabilityZone: string,
  { sizeGiB, volumeId, snapshotId, protect }: DataVolumeArgs,
  { prefix, options }: HostContext,
): pulumi.Input<string> {
  if (volumeId !== undefined) {
    // By this tag it is snapshotted, whoever made it; and found again.
    const args = { resourceId: volumeId, key: DATA_TAG, value: prefix };
    new aws.ec2.Tag("data", args, { ...options, retainOnDelete: true });
    return volumeId;
  }
  const volume = new aws.ebs.Volume(
    "data",
    {
      availabilityZone,
      size: sizeGiB,
      type: "gp3",
      encrypted: true,
      ...(snapshotId === undefined ? {} : { snapshotId }),
      tags: { Name: `${prefix}-data`, [DATA_TAG]: prefix },
    },
    // A volume is made from a snapshot once: a setting that is taken away later must not make another one.
    { ...options, retainOnDelete: true, protect, ignoreChanges: ["availabilityZone", "snapshotId"] },
  );
  return volume.id;
}

/** A snapshot of the data volume a day, by its tag: those of earlier volumes are kept as long as these. */
export function snapshots(days: number, { prefix, options }: HostContext): void {
  const lifecycle = role(prefix, "snapshots", "dlm.amazonaws.com", [], options, [
    "service-role/AWSDataLifecycleManagerServiceRole",
  ]);
  new aws.dlm.LifecyclePolicy(
    "snapshots",
    {
      description: `Daily snapshots of the data of ${prefix}`,
      executionRoleArn: lifecycle.role.arn,
      policyDetails: {
        resourceTypes: ["VOLUME"],
        targetTags: { [DATA_TAG]: prefix },
        schedules: [
          {
            name: "daily",
            copyTags: true,
            createRule: { interval: 24, intervalUnit: "HOURS", times: "03:00" },
            retainRule: { count: days },
          },
        ],
      },
    },
    options,
  );
}
