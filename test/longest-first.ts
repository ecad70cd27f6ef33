import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that wait for minutes, on an idle core, for what the product waits for: begun last they would end last. */
const WAITING = ["failures", "ec2", "engine-restart", "faults", "full-disk"].map((name) => `/engine/${name}.test.ts`);

/** Vitest's own order, by what it remembers of earlier runs, with the files above before all others of their group. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = WAITING.findIndex((name) => moduleId.endsWith(name));
      return index < 0 ? WAITING.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
