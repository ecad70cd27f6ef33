export { type LoadedSettings, loadSettings, parseSettings, sizingInputs } from "./load";
export { type Settings, settingsSchema } from "./schema";
