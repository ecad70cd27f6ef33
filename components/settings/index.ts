export { type LoadedSettings, loadSettings } from "./load";
export { type Settings, settingsSchema } from "./schema";
