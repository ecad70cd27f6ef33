export type { Command, Container, HealthCheck, Image, ImageBuild } from "./container";
export { DockerPlatform, type DockerPlatformArgs } from "./docker/docker-platform";
export type { ContainerTransform, Entrance, EntranceArgs, Platform, RunningService, RunOptions } from "./platform";
