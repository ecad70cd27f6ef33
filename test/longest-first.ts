import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes minutes, whatever the machine: begun last it would end last. */
const LONG = ["failures", "ec2", "engine-restart", "interruptions", "your-application", "full-disk"].map(
  (name) => `/engine/${name}.test.ts`,
);

/** Vitest's own order, by what it remembers of earlier runs, with the files above before all others of their group. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(name));
      return index < 0 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
