import { describe, expect, it } from "vitest";
import { type Properties, UNKNOWN } from "../../policy/resource";
import { publicIngress } from "../../policy/rules/public-ingress";
import { resource, said, saidOf } from "./resources";

describe("a port on Docker", () => {
  const publishing = (inputs: Properties) =>
    said(publicIngress, resource("docker:index/container:Container", { inputs }));

  it.each(["127.0.0.1", "127.0.0.2", "::1", UNKNOWN])("on %s is this machine's own", (ip) => {
    expect(publishing({ ports: [{ internal: 8000, external: 8000, ip }] })).toEqual([]);
  });
  it.each(["0.0.0.0", "::", "10.0.0.4", undefined])("on %s is refused", (ip) => {
    expect(publishing({ ports: [{ internal: 8000, external: 80, ip }] })).toEqual([
      expect.stringMatching(/publishes port 80 on .*Set ip: "127.0.0.1"/),
    ]);
  });
  it("is refused on the machine's own network, or with all published", () => {
    expect(publishing({ networkMode: "host" })).toEqual([expect.stringContaining("Leave networkMode out")]);
    expect(publishing({ publishAllPorts: true })).toEqual([expect.stringContaining("Name those that are needed")]);
    expect(publishing({ networkMode: "bridge", publishAllPorts: false })).toEqual([]);
  });
});

describe("a rule of a security group", () => {
  const group = resource("aws:ec2/securityGroup:SecurityGroup", { name: "load-balancer" });
  const hosts = resource("aws:ec2/securityGroup:SecurityGroup", { name: "hosts" });
  const loadBalancer = resource("aws:lb/loadBalancer:LoadBalancer", { from: { securityGroups: [group.urn] } });
  const rule = (of: { urn: string }, inputs: object) =>
    resource("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {
      name: "open",
      // In a preview the group's id is not known, and where it comes from is.
      inputs: { securityGroupId: UNKNOWN, ipProtocol: "tcp", ...inputs },
      from: { securityGroupId: [of.urn] },
    });
  const judged = (opened: ReturnType<typeof resource>) => saidOf(publicIngress, group, hosts, loadBalancer, opened);
  const world = { cidrIpv4: "0.0.0.0/0" };

  it.each([80, 443])("may open port %i of the load balancer to everybody", (port) => {
    expect(judged(rule(group, { ...world, fromPort: port, toPort: port }))).toEqual([]);
    expect(judged(rule(group, { cidrIpv6: "::/0", fromPort: port, toPort: port }))).toEqual([]);
  });

  it.each([
    ["another port of it", rule(group, { ...world, fromPort: 22, toPort: 22 }), "opens port 22 to 0.0.0.0/0"],
    ["a range of it", rule(group, { ...world, fromPort: 80, toPort: 443 }), "opens ports 80 to 443"],
    ["all its ports", rule(group, { ...world, ipProtocol: "-1" }), "opens all ports"],
    ["port 80 of hosts", rule(hosts, { ...world, fromPort: 80, toPort: 80 }), "referencedSecurityGroupId"],
    ["the database", rule(hosts, { cidrIpv6: "::/0", fromPort: 5432, toPort: 5432 }), "opens port 5432 to ::/0"],
    ["half of the internet", rule(hosts, { cidrIpv4: "128.0.0.0/1", fromPort: 22, toPort: 22 }), "128.0.0.0/1"],
  ])("may not open %s to everybody", (_, opened, words) => {
    const messages = judged(opened);
    expect(messages).toEqual([expect.stringContaining(words)]);
    expect(messages[0]).toMatch(/^open \(aws:SecurityGroupIngressRule\)/);
  });

  it("may open anything to a private network or another group", () => {
    expect(judged(rule(hosts, { cidrIpv4: "10.0.0.0/8", fromPort: 5432, toPort: 5432 }))).toEqual([]);
    expect(judged(rule(hosts, { referencedSecurityGroupId: UNKNOWN, fromPort: 5432, toPort: 5432 }))).toEqual([]);
  });

  it("counts in its older forms too", () => {
    const inline = resource("aws:ec2/securityGroup:SecurityGroup", {
      name: "inline",
      inputs: { ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["10.0.0.0/16", "0.0.0.0/0"] }] },
    });
    const older = (type: string) =>
      resource("aws:ec2/securityGroupRule:SecurityGroupRule", {
        inputs: { type, protocol: "-1", fromPort: 0, toPort: 0, ipv6CidrBlocks: ["::/0"], securityGroupId: "sg-1" },
      });
    expect(judged(inline)).toEqual([expect.stringContaining("opens port 22 to 0.0.0.0/0")]);
    expect(judged(older("ingress"))).toEqual([expect.stringContaining("opens all ports to ::/0")]);
    expect(judged(older("egress"))).toEqual([]);
  });
});
