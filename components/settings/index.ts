export { type LoadedSettings, loadSettings, parseSettings } from "./load";
export { type Settings, settingsSchema } from "./schema";
