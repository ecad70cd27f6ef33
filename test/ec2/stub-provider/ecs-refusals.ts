import { type Account, answersTo, find, outside, type Rule, type Wish } from "./account";
import { type Task, taskOf, unplaced } from "./placement";
import { containersOf } from "./resource-types";
import { number, type Properties, record, records, stringsIn, text, texts } from "./values";

const ulimitNames =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" ");

/** ContainerDefinition in the API reference of ECS. */
const container: Rule<{ definition: Properties; taskDefinition: Properties }> = ({ definition, taskDefinition }) => {
  const { name, memory, memoryReservation: soft, stopTimeout } = definition;
  const wrong = `ClientException: Invalid setting for container '${name}'.`;
  const check = record(definition.healthCheck);
  const ports = records(definition.portMappings);
  return (
    (memory === undefined &&
      soft === undefined &&
      taskDefinition.memory === undefined &&
      `${wrong} At least one of 'memory' or 'memoryReservation' must be specified.`) ||
    ([memory, soft].some((each) => outside(each, 6, Number.POSITIVE_INFINITY)) &&
      `${wrong} The minimum memory of a container is 6 MiB.`) ||
    (Number(soft) >= Number(memory) && `${wrong} 'memory' must be greater than 'memoryReservation'.`) ||
    (outside(stopTimeout, 2, Number.POSITIVE_INFINITY) && `${wrong} stopTimeout must be at least 2 seconds.`) ||
    (records(definition.ulimits).some(
      (limit) => !ulimitNames.includes(text(limit.name)) || Number(limit.softLimit) > Number(limit.hardLimit),
    ) &&
      `${wrong} ulimits: a known name, and a soft limit up to the hard limit, are needed.`) ||
    ((outside(check.interval, 5, 300) ||
      outside(check.timeout, 2, 120) ||
      outside(check.retries, 1, 10) ||
      outside(check.startPeriod, 0, 300)) &&
      `${wrong} healthCheck: interval 5-300, timeout 2-120, retries 1-10, startPeriod 0-300.`) ||
    (taskDefinition.networkMode === "awsvpc" &&
      ports.some(({ hostPort, containerPort }) => hostPort !== undefined && hostPort !== containerPort) &&
      `ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must match.`) ||
    (records(definition.secrets).length > 0 &&
      !taskDefinition.executionRoleArn &&
      "ClientException: When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
  );
};

const listeningGroups = (account: Account): Set<string> =>
  new Set(
    ["aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"]
      .flatMap((type) => account.all(type))
      .flatMap(({ props }) => stringsIn([props.defaultActions, props.actions])),
  );

const definitionOf = (account: Account, reference: unknown): Properties | undefined =>
  account
    .all("aws:ecs/taskDefinition:TaskDefinition")
    .map(({ props }) => props)
    .findLast(({ arn, family, arnWithoutRevision, revision }) =>
      [arn, family, arnWithoutRevision, `${family}:${revision}`].includes(reference),
    );

const loadBalanced: Rule<Wish> = ({ inputs, account }) => {
  const definition = definitionOf(account, inputs.taskDefinition) ?? {};
  for (const { targetGroupArn, containerName, containerPort } of records(inputs.loadBalancers)) {
    if (!listeningGroups(account).has(text(targetGroupArn))) {
      return `InvalidParameterException: The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`;
    }
    const target = containersOf(definition).find(({ name }) => name === containerName);
    if (!target) {
      return `InvalidParameterException: The container ${containerName} does not exist in the task definition.`;
    }
    if (!records(target.portMappings).some((port) => port.containerPort === containerPort)) {
      return `InvalidParameterException: The container ${containerName} did not have a container port ${containerPort} defined.`;
    }
    const { targetType = "instance" } = find(account, "aws:lb/targetGroup:TargetGroup", targetGroupArn)?.props ?? {};
    const { networkMode = "bridge" } = definition;
    if ((targetType === "ip") !== (networkMode === "awsvpc")) {
      return `InvalidParameterException: The provided target group ${targetGroupArn} has target type ${targetType}, which is incompatible with the ${networkMode} network mode specified in the task definition.`;
    }
  }
  return (
    inputs.healthCheckGracePeriodSeconds !== undefined &&
    records(inputs.loadBalancers).length === 0 &&
    "InvalidParameterException: Health check grace period is only valid for services configured to use load balancers"
  );
};

const startable: Rule<Wish> = ({ inputs, account }) => {
  const definition = definitionOf(account, inputs.taskDefinition);
  if (!definition) return `ClientException: Unable to describe task definition: ${inputs.taskDefinition}`;
  for (const { name, secrets, logConfiguration } of containersOf(definition)) {
    for (const { valueFrom } of records(secrets)) {
      const [secretArn, , , version] = /^(arn:aws:secretsmanager:[^:]*:[^:]*:secret:[^:]+):?([^:]*):?([^:]*):?([^:]*)$/
        .exec(text(valueFrom))
        ?.slice(1) ?? [text(valueFrom)];
      const versions = account
        .all("aws:secretsmanager/secretVersion:SecretVersion")
        .filter(({ props }) => props.secretId === secretArn && (!version || props.versionId === version));
      const isParameter = account.all("aws:ssm/parameter:Parameter").some((each) => answersTo(each, text(valueFrom)));
      if (versions.length === 0 && !isParameter) {
        return `ResourceInitializationError: unable to pull secrets or registry auth: ResourceNotFoundException: Secrets Manager can't find the specified secret value: ${valueFrom} (container ${name})`;
      }
    }
    const { logDriver, options } = record(logConfiguration);
    const { "awslogs-group": group, "awslogs-create-group": create } = record(options);
    if (logDriver === "awslogs" && create !== "true" && !find(account, "aws:cloudwatch/logGroup:LogGroup", group)) {
      return `CannotStartContainerError: failed to initialize logging driver: ResourceNotFoundException: The specified log group does not exist: ${group}`;
    }
  }
  return undefined;
};

/** Tasks of a service, and how many of them stay while new ones start. */
const replicas = (inputs: Properties) => number(inputs.desiredCount) ?? 1;
const percentOf = (count: number, percent: unknown, otherwise: number, round: (value: number) => number) =>
  round((count * (number(percent) ?? otherwise)) / 100);

const placed: Rule<Wish> = ({ inputs, old, account }) => {
  if (!account.hosts) return undefined;
  const tasks: Task[] = [];
  const daemons: Task[] = [];
  const others = account
    .all("aws:ecs/service:Service")
    .filter(({ id }) => id !== old?.id)
    .map(({ props }) => props);
  for (const service of [...others, inputs]) {
    const task = taskOf(service, definitionOf(account, service.taskDefinition) ?? {});
    if (service.schedulingStrategy === "DAEMON") daemons.push(task);
    else tasks.push(...Array.from({ length: replicas(service) }, () => task));
  }
  const atRest = unplaced(tasks, daemons, account.hosts);
  if (atRest || !old || old.props.taskDefinition === inputs.taskDefinition) return atRest;
  if (inputs.schedulingStrategy === "DAEMON" || replicas(inputs) === 0) return undefined;

  // A rolling update: this many old tasks stay until a new one has come up beside them.
  const staying = percentOf(replicas(inputs), inputs.deploymentMinimumHealthyPercent, 100, Math.ceil);
  const most = percentOf(replicas(inputs), inputs.deploymentMaximumPercent, 200, Math.floor);
  if (staying >= most) return `service ${inputs.name}: deployment blocked: ${staying} tasks must stay, ${most} may run`;
  const before = taskOf(inputs, definitionOf(account, old.props.taskDefinition) ?? {});
  const after = taskOf(inputs, definitionOf(account, inputs.taskDefinition) ?? {});
  const rest = tasks.filter(({ service }) => service !== after.service);
  return unplaced([...rest, ...Array.from({ length: staying }, () => before), after], daemons, account.hosts);
};

/** What ECS refuses to make or to change, by type. */
export const ECS_RULES: Readonly<Record<string, readonly Rule<Wish>[]>> = {
  "aws:ecs/capacityProvider:CapacityProvider": [
    ({ inputs }) =>
      /^(aws|ecs|fargate)/i.test(text(inputs.name)) &&
      'ClientException: The specified capacity provider name is invalid. The name cannot be prefixed with "aws", "ecs", or "fargate".',
    ({ inputs, account }) => {
      const { autoScalingGroupArn, managedTerminationProtection, managedScaling } = record(
        inputs.autoScalingGroupProvider,
      );
      const group = find(account, "aws:autoscaling/group:Group", autoScalingGroupArn)?.props;
      return (
        managedTerminationProtection === "ENABLED" &&
        (group?.protectFromScaleIn !== true || record(managedScaling).status !== "ENABLED") &&
        "ClientException: The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, the Auto Scaling group must have instance protection from scale in enabled."
      );
    },
  ],
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": [
    ({ inputs, account }) => {
      const stranger = texts(inputs.capacityProviders).find(
        (name) => !name.startsWith("FARGATE") && !find(account, "aws:ecs/capacityProvider:CapacityProvider", name),
      );
      return stranger && `InvalidParameterException: The specified capacity provider '${stranger}' was not found.`;
    },
  ],
  "aws:ecs/taskDefinition:TaskDefinition": [
    ({ inputs }) => {
      const names = containersOf(inputs).map(({ name }) => name);
      return (
        new Set(names).size < names.length &&
        "ClientException: Container names must be unique within a task definition."
      );
    },
    ({ inputs }) =>
      containersOf(inputs)
        .map((definition) => container({ definition, taskDefinition: inputs }))
        .find(Boolean),
  ],
  "aws:ecs/service:Service": [
    ({ inputs }) =>
      inputs.launchType !== undefined &&
      records(inputs.capacityProviderStrategies).length > 0 &&
      "InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    ({ inputs, account }) => {
      const cluster = find(account, "aws:ecs/cluster:Cluster", inputs.cluster);
      const associated = account
        .all("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders")
        .filter(({ props }) => cluster && answersTo(cluster, text(props.clusterName)))
        .flatMap(({ props }) => texts(props.capacityProviders));
      const stranger = records(inputs.capacityProviderStrategies).find(
        (each) => !associated.includes(text(each.capacityProvider)),
      );
      return (
        stranger &&
        `InvalidParameterException: The specified capacity provider '${stranger.capacityProvider}' is not associated with the cluster.`
      );
    },
    ({ inputs, old }) =>
      old &&
      JSON.stringify(old.props.capacityProviderStrategies) !== JSON.stringify(inputs.capacityProviderStrategies) &&
      inputs.forceNewDeployment !== true &&
      "force_new_deployment should be true when capacity_provider_strategy is being updated",
    ({ inputs }) =>
      (number(inputs.deploymentMinimumHealthyPercent) ?? 100) === 100 &&
      inputs.deploymentMaximumPercent === 100 &&
      inputs.schedulingStrategy !== "DAEMON" &&
      "InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
    loadBalanced,
    startable,
    placed,
  ],
};
