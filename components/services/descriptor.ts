import type { ResolvedInputs, Section, Service, SizingPlan } from "../sizing";

/**
 * What is known of a service beside its numbers. What lists services reads the list of these: the plan's summary,
 * `--emit`, images, volumes, `make` commands, the comment on a preview.
 */
export interface ServiceDescriptor {
  /** Usual name: of its component, its containers, the host name others reach it under, and its volume. */
  readonly name: string;
  /** As it stands within a sentence: `PostgreSQL`, `the backend`. */
  readonly title: string;
  /** Part of the plan that holds its numbers. */
  readonly section: Section;
  /** Pulumi type of the component that runs it. */
  readonly component: string;
  /** Image where none is set; undefined for what the application's own image runs. */
  readonly image?: string;
  /** Where its container has the volume that keeps its data; undefined for a service without data. */
  readonly volumePath?: (inputs: Pick<ResolvedInputs, "postgresMajor">) => string;
  /** Where its container has a volume with what it remembers on Docker; it does without on EC2. */
  readonly memoryPath?: string;
  /** Whether a deploy may run old and new side by side, where the plan has room for both, or never two at once. */
  readonly replacement: "start-first" | "only-one";
  /**
   * What those who use it notice while it stops and starts on one Docker engine: the longest time without an answer,
   * measured on 2 busy CPUs with an empty database; a loaded one has to write what it holds first.
   */
  readonly restart: string;
  /** What of it runs; undefined where the plan has none of it. */
  readonly running: (plan: SizingPlan) => Running | undefined;
  /** The program it runs, where settings may add to its command line or parameters. */
  readonly program?: Program;
}

/** The containers of a service. */
export interface Running {
  /** Equal containers on each host; 0 for a server that runs elsewhere. */
  readonly containers: number;
  readonly memoryLimitMiB: number;
  /** Threads each may use at most; undefined leaves it to the weights. */
  readonly cpuQuota: number | undefined;
  /** The numbers people look for first. */
  readonly inShort: string;
}

/** A program that is given numbers of the plan, under names of its own. */
export interface Program {
  readonly service: Service;
  /** Its parameters come by name, or as arguments of its command line. */
  readonly takes: "parameters" | "arguments";
  /** Its names for what the plan derives, and the plan's. */
  readonly derived: Readonly<Record<string, string>>;
  /** What its component sets, and what to do instead. */
  readonly reserved: Readonly<Record<string, string>>;
  /** Short forms of its options, and the long ones. */
  readonly short?: Readonly<Record<string, string>>;
  /** Reads a size as it is written for a parameter of this name, in MiB; `sizes` says how one is written. */
  readonly mebibytes?: (text: string, name: string) => number | undefined;
  readonly sizes?: string;
  /** Its derived settings in its own format. */
  readonly emitted: {
    /** `postgresql.conf`, or the program's name. */
    readonly format: string;
    /** Undefined where it runs elsewhere. */
    readonly text: (plan: SizingPlan) => string | undefined;
  };
}
