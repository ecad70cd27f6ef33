import { DOCKER_CONTAINER } from "../containers";
import {
  amount,
  called,
  list,
  type Properties,
  type Resource,
  type Rule,
  record,
  type StackResource,
  text,
  UNKNOWN,
} from "../resource";

const SECURITY_GROUPS = ["aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"];
const INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const SECURITY_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const WEB_PORTS = [80, 443];

export const publicIngress: Rule = {
  name: "public-ingress",
  description: "The internet reaches the load balancer on ports 80 and 443, and nothing else.",
  resource: (resource) => (resource.type === DOCKER_CONTAINER ? published(resource) : []),
  stack(resources) {
    const entrances = groupsOf(
      resources.filter(({ type }) => type === LOAD_BALANCER),
      "securityGroups",
    );
    return resources.flatMap((resource) =>
      openings(resource).flatMap(({ from, ports, group }) => {
        const isEntrance = group.some((each) => entrances.has(each));
        if (isEntrance && ports !== undefined && WEB_PORTS.includes(ports[0]) && ports[0] === ports[1]) return [];
        const what = `${called(resource)} opens ${portsText(ports)} to ${from}, which is everybody. `;
        const remedy = isEntrance
          ? "The load balancer serves on 80 and 443: give each a rule of its own."
          : "Only the load balancer's group may: name the group that needs it (referencedSecurityGroupId), or a network of your own.";
        return [{ resource, message: what + remedy }];
      }),
    );
  },
};

/** Docker publishes on every address of the machine unless it is told one, past the machine's own firewall. */
function published(resource: Resource): string[] {
  const { ports, networkMode, publishAllPorts } = resource.inputs;
  const open = list(ports)
    .map(record)
    .filter(({ ip }) => ip !== UNKNOWN && !/^(127\.|::1$|\[::1\]$)/.test(text(ip) ?? "0.0.0.0"));
  return [
    ...open.map(
      ({ internal, external, ip }) =>
        `${called(resource)} publishes port ${amount(external) ?? amount(internal) ?? "?"} on ${text(ip) ?? "0.0.0.0"}: every network ` +
        'of the machine reaches it, past its firewall. Set ip: "127.0.0.1" and put a proxy with TLS in front.',
    ),
    ...(networkMode === "host"
      ? [`${called(resource)} shares the machine's network: all its ports are open there. Leave networkMode out.`]
      : []),
    ...(publishAllPorts === true
      ? [`${called(resource)} publishes all its ports on all addresses. Name those that are needed in ports.`]
      : []),
  ];
}

interface Opening {
  /** What may come in: a block of addresses. */
  readonly from: string;
  /** First and last; undefined for all. */
  readonly ports: readonly [number, number] | undefined;
  /** URN or id of the security group. */
  readonly group: readonly string[];
}

/** What a resource opens to everybody. */
function openings(resource: StackResource): readonly Opening[] {
  const { type, inputs, urn } = resource;
  if (type === INGRESS_RULE) return publicBlocks(inputs, [...groupsOf([resource], "securityGroupId")]);
  if (type === SECURITY_GROUP_RULE && inputs.type === "ingress") {
    return publicBlocks(inputs, [...groupsOf([resource], "securityGroupId")]);
  }
  if (!SECURITY_GROUPS.includes(type)) return [];
  return list(inputs.ingress).flatMap((rule) => publicBlocks(record(rule), [urn]));
}

function publicBlocks(rule: Properties, group: readonly string[]): readonly Opening[] {
  const { cidrIpv4, cidrIpv6, cidrBlocks, ipv6CidrBlocks, fromPort, toPort, ipProtocol, protocol } = rule;
  const from = amount(fromPort);
  const isEverything = ["-1", "all"].includes(text(ipProtocol ?? protocol) ?? "");
  const ports = from === undefined || from < 0 || isEverything ? undefined : ([from, amount(toPort) ?? from] as const);
  return [cidrIpv4, cidrIpv6, ...list(cidrBlocks), ...list(ipv6CidrBlocks)]
    .map(text)
    .filter((block) => block !== undefined)
    .filter(isEverybody)
    .map((block) => ({ from: block, ports, group }));
}

/** Blocks larger than any private network are the internet, in one piece or in halves. */
function isEverybody(block: string): boolean {
  const [address = "", length] = block.split("/");
  return length !== undefined && Number(length) < (address.includes(":") ? 7 : 8);
}

/** URNs and ids that an input of these resources names. */
const groupsOf = (resources: readonly StackResource[], input: string): ReadonlySet<string> =>
  new Set(
    resources.flatMap(({ inputs, from }) => [
      ...(from[input] ?? []),
      ...[inputs[input], ...list(inputs[input])].map(text).filter((id) => id !== undefined),
    ]),
  );

const portsText = (ports: Opening["ports"]): string => {
  if (ports === undefined) return "all ports";
  return ports[0] === ports[1] ? `port ${ports[0]}` : `ports ${ports[0]} to ${ports[1]}`;
};
