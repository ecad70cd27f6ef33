import { amount, called, list, type Properties, type Resource, type Rule, record, UNKNOWN } from "../resource";
import { EBS_VOLUME } from "./data-protected";

const LIFECYCLE_POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy";

export const dataSnapshots: Rule = {
  name: "data-snapshots",
  description: "Every EBS volume is backed up by snapshots that are kept.",
  stack(resources) {
    const policies = resources.filter(({ type }) => type === LIFECYCLE_POLICY);
    return resources
      .filter((resource) => resource.type === EBS_VOLUME && !policies.some((policy) => backsUp(policy, resource)))
      .map((resource) => ({
        resource,
        message:
          `${called(resource)} is backed up by nothing: no lifecycle policy of the stack makes snapshots by one of its ` +
          "tags and keeps them. Add one with its tag among targetTags and a retainRule; Ec2Platform has one.",
      }));
  },
};

function backsUp({ inputs }: Resource, volume: Resource): boolean {
  const { targetTags, schedules } = record(inputs.policyDetails);
  return (
    inputs.state !== "DISABLED" &&
    isAmong(record(targetTags), record(volume.inputs.tags)) &&
    list(schedules).some((schedule) => keeps(record(record(schedule).retainRule)))
  );
}

/** DLM takes a volume that has any one of the tags. */
const isAmong = (wanted: Properties, tags: Properties): boolean =>
  Object.entries(wanted).some(([key, value]) => tags[key] === value || tags[key] === UNKNOWN || value === UNKNOWN);

const keeps = ({ count, interval }: Properties): boolean => (amount(count) ?? amount(interval) ?? 0) > 0;
