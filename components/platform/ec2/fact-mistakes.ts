import type { Settings } from "../../settings";
import type { Mistake } from "../../settings/mistakes";
import type { Facts } from "./facts";
import type { Architecture } from "./hardware";

/** What in the settings does not agree with AWS. Zones in which the network is made are among the zones there are. */
export function factMistakes({ ec2, images }: Pick<Settings, "ec2" | "images">, facts: Facts): Mistake[] {
  if (ec2 === undefined) return [];
  const { vpc, zones, data } = ec2;
  const { app, data: dataType } = facts.types;
  return [
    ...(vpc ? subnetMistakes(vpc, facts) : []),
    ...(vpc && !facts.resolvesNames
      ? [
          {
            path: ["ec2", "vpc", "id"],
            message: `${vpc.id} does not answer names of private zones; enable DNS support and DNS hostnames on it`,
          },
        ]
      : []),
    ...(zones ?? [])
      .filter((zone) => !facts.zones.includes(zone))
      .map((zone) => ({
        path: ["ec2", "zones"],
        message: `"${zone}" given; this account has ${facts.zones.join(", ")}`,
      })),
    ...(vpc === undefined && zonesOf(ec2, facts).length < 2
      ? [{ path: ["ec2", "region"], message: `has one zone alone, ${facts.zones.join()}; a load balancer needs two` }]
      : []),
    ...volumeMistakes(data.volumeId, vpc, zonesOf(ec2, facts), facts),
    ...[
      { path: ["images", "app"], image: images.app, type: app },
      { path: ["images", "postgres"], image: images.postgres, type: dataType },
      { path: ["images", "redis"], image: images.redis, type: dataType },
    ].flatMap(({ path, image, type }) => {
      const built = typeof image === "string" ? namedArchitecture(image) : undefined;
      return built === undefined || built === type.architecture
        ? []
        : [{ path, message: `"${image}" is for ${built}, ${type.name} is ${type.architecture}; the two must agree` }];
    }),
  ];
}

/** Two zones of the region, unless the settings name them. */
export const zonesOf = ({ zones }: { zones?: readonly string[] | undefined }, facts: Facts): readonly string[] =>
  zones ?? facts.zones.slice(0, 2);

type Vpc = NonNullable<NonNullable<Settings["ec2"]>["vpc"]>;

function subnetMistakes(vpc: Vpc, { subnets }: Facts): Mistake[] {
  const kinds = ["publicSubnetIds", "privateSubnetIds"] as const;
  return kinds.flatMap((kind) => {
    const path = ["ec2", "vpc", kind];
    const own = subnets.filter(({ id }) => vpc[kind].includes(id));
    const elsewhere = own.filter(({ vpcId }) => vpcId !== vpc.id);
    return [
      ...elsewhere.map(({ id, vpcId }) => ({ path, message: `${id} is in ${vpcId}; a subnet of ${vpc.id} is needed` })),
      ...(new Set(own.map(({ zone }) => zone)).size < 2
        ? [{ path, message: `all are in ${own[0]?.zone}; subnets in two zones are needed` }]
        : []),
    ];
  });
}

function volumeMistakes(
  volumeId: string | undefined,
  vpc: Vpc | undefined,
  zones: readonly string[],
  { subnets, volumeZone }: Facts,
): Mistake[] {
  if (volumeId === undefined || volumeZone === undefined) return [];
  const reached = vpc ? subnets.filter(({ id }) => vpc.privateSubnetIds.includes(id)).map(({ zone }) => zone) : zones;
  if (reached.includes(volumeZone)) return [];
  return [
    {
      path: ["ec2", "data", "volumeId"],
      message:
        `${volumeId} is in ${volumeZone}, where the hosts have no subnet (they have ${reached.join(", ")}); ` +
        `${vpc ? "a private subnet there" : `ec2.zones with ${volumeZone} among them`} is needed`,
    },
  ];
}

/** The architecture an image says in its name that it is for, undefined where it does not. */
export function namedArchitecture(image: string): Architecture | undefined {
  if (/(^|[^a-z0-9])(arm64|aarch64)/i.test(image)) return "arm64";
  if (/(^|[^a-z0-9])(amd64|x86[_-]64)([^0-9]|$)/i.test(image)) return "x86_64";
  return undefined;
}
