export type { Ec2Settings } from "./ec2";
export { type LoadedSettings, loadSettings } from "./load";
export { parseSettings, SettingsError, sizingInputs } from "./parse";
export { type Settings, settingsSchema } from "./schema";
