import { readFileSync } from "node:fs";

/**
 * What stands in on this machine for images that no registry serves here, or that are built here:
 * `{"postgres:17": "sized-stack/postgres:17-3f2a…"}`. `make up` writes the file; without it, images are used by
 * their own names.
 */
export function localImages(path: string): (image: string) => string {
  const standIns = new Map<string, string>(Object.entries(read(path)));
  return (image) => standIns.get(image) ?? image;
}

function read(path: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}
