import { called, type Resource, type Rule, text, UNKNOWN } from "../resource";

const DOCKER_VOLUME = "docker:index/volume:Volume";
export const EBS_VOLUME = "aws:ebs/volume:Volume";

/**
 * Whether a volume is kept when the stack is destroyed (`retainOnDelete`) is not told to policies. What can be seen:
 * that it can be found again, that Pulumi refuses to let go of it, and that a lost disk tells nobody anything.
 */
export const dataProtected: Rule = {
  name: "data-protected",
  description: "Volumes with data can be found again, are protected and encrypted.",
  resource(resource) {
    if (resource.type === DOCKER_VOLUME && isMadeUp(resource)) {
      return [
        `${called(resource)} has a name that Pulumi made up: once the stack is destroyed nobody knows whose data it ` +
          "has, and the next update makes an empty one. Set name.",
      ];
    }
    if (resource.type !== EBS_VOLUME) return [];
    const { encrypted } = resource.inputs;
    return [
      ...(resource.protect
        ? []
        : [
            `${called(resource)} is not protected: an update that no longer wants it, or a destroy, lets go of it. ` +
              "Set ec2.data.protect: true (the option protect in a program of your own).",
          ]),
      ...(encrypted === true || encrypted === UNKNOWN
        ? []
        : [`${called(resource)} is not encrypted. Set encrypted: true; it makes a new volume, from a snapshot.`]),
    ];
  },
};

/** Pulumi's own names: that of the resource, and seven hexadecimal digits. */
const isMadeUp = ({ name, inputs }: Resource): boolean => {
  const given = text(inputs.name);
  return given?.startsWith(`${name}-`) === true && /^[0-9a-f]{7}$/.test(given.slice(name.length + 1));
};
