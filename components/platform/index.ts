export type { Command, Container, HealthCheck, Image, ImageBuild } from "./contract/container";
export type { Entrance, EntranceArgs } from "./contract/entrance";
export type { ContainerTransform, Platform, RunningService, RunOptions } from "./contract/platform";
export { DockerPlatform, type DockerPlatformArgs } from "./docker/docker-platform";
