import { randomBytes } from "node:crypto";
import type { Account, Existing } from "./account";
import { answer } from "./answers";
import { deletionRefusal } from "./deletions";
import { type Change, changes, concerns } from "./diff";
import type { Host } from "./placement";
import { refusal } from "./refusals";
import { RESOURCE_TYPES, type ResourceType } from "./resource-types";
import { type Mistake, schemaMistakes } from "./schema-mistakes";
import { type Properties, plain, record, redacted, text, texts, UNKNOWN } from "./values";

export const REGION = "eu-central-1";

/** What the engine asked of AWS; secrets read `[secret]`. Previews ask nothing. */
export interface Call {
  readonly op: "create" | "update" | "delete" | "read" | "invoke";
  readonly type: string;
  /** Of the resource in the program; empty for a data source. */
  readonly name: string;
  readonly id: string;
  readonly inputs: Properties;
  /** AWS's words where it refused. */
  readonly refused?: string;
}

interface Stored {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly computed: Properties;
  /** What AWS reports otherwise than it was asked for. */
  readonly drift: Properties;
}

export interface Planned {
  readonly changes: readonly (Change & { readonly replaces: boolean })[];
  readonly deleteBeforeReplace: boolean;
}

/** A resource that exists and did not come up: the engine keeps it and tries again with the next update. */
export class InitializationError extends Error {
  constructor(
    readonly id: string,
    readonly properties: Properties,
    readonly inputs: Properties,
    reason: string,
  ) {
    super(reason);
  }
}

/** What a test makes go wrong, by type and name: `aws:ecs/service:Service backend`. */
export interface Faults {
  /** Refused with these words, whenever it is created or changed. */
  failing: Record<string, string>;
  /**
   * A deployment that the circuit breaker takes back: AWS goes on to report the service's old task definition.
   * `reported` where the provider waited for it and the update fails, `unnoticed` where it did not.
   */
  rolledBack: Record<string, "reported" | "unnoticed">;
}

const hex = (digits: number): string => randomBytes(digits).toString("hex").slice(0, digits);
const typed = (type: string): ResourceType => {
  const found = RESOURCE_TYPES[type];
  if (!found) throw new Error(`the AWS stub does not know ${type}: add it to resource-types.ts`);
  return found;
};

/**
 * An AWS account that exists only in this process: it keeps what the engine makes, refuses what AWS is known to
 * refuse, and says what it was asked. It shows what the engine would do, not that a machine boots.
 */
export class StubAws implements Account {
  readonly region = REGION;
  readonly zones = ["a", "b", "c"].map((letter) => `${REGION}${letter}`);
  readonly calls: Call[] = [];
  readonly faults: Faults = { failing: {}, rolledBack: {} };
  readonly secretsInDeletion = new Set<string>();
  hosts: readonly Host[] | undefined;
  /** The newest release of the ECS image; raise it, and AWS has published another. */
  imageRelease = 1;
  private defaultTags: Properties = {};
  private readonly stored = new Map<string, Stored>();

  everything = (): Existing[] => [...this.stored.values()].map(existing);
  all = (type: string): Existing[] => this.everything().filter((each) => each.type === type);

  /** The resource of that type and name in the program; the newest, while a replacement is under way. */
  resource(type: string, name: string): Existing {
    const found = this.all(type).findLast((each) => each.name === name);
    if (!found) throw new Error(`there is no ${type} ${name} in the AWS stub`);
    return found;
  }

  /** Puts a resource there that no stack made. */
  given(type: string, inputs: Properties): Existing {
    return existing(this.store(type, "", inputs));
  }

  /** Removes a resource behind the engine's back. */
  lose = ({ type, id, props }: Existing): boolean => this.stored.delete(key(type, id, props));

  /** Changes a resource behind the engine's back, as automatic scaling or a person does. */
  change({ type, id, props }: Existing, drift: Properties): void {
    const stored = this.find(type, id, props);
    this.keep({ ...stored, drift: { ...stored.drift, ...drift } });
  }

  /** Without a region in the configuration the provider takes that of the environment, which is this one. */
  configure(args: Properties): void {
    const region = text(args.region) || this.region;
    if (region !== this.region) throw new Error(`the AWS stub is in ${this.region}; aws:region is ${region}`);
    const { tags } = record(typeof args.defaultTags === "string" ? JSON.parse(args.defaultTags) : args.defaultTags);
    this.defaultTags = record(tags);
  }

  /** Fills in a made-up name, and keeps it while the program gives none. */
  check(type: string, name: string, olds: Properties, news: Properties): { inputs: Properties; mistakes: Mistake[] } {
    const { named } = typed(type);
    const mistakes = schemaMistakes(type, plain(news));
    if (!named) return { inputs: news, mistakes };
    const { by, longest } = named;
    const inputs = { ...news };
    if (news[by] === undefined) {
      const isMadeUp = texts(olds.__defaults).includes(by);
      inputs[by] = isMadeUp ? olds[by] : `${text(news.namePrefix) || `${name}-`}${hex(7)}`;
      inputs.__defaults = [by];
    }
    const length = text(inputs[by]).length;
    const tooLong = length > longest && inputs[by] !== UNKNOWN;
    const reason = `expected length of ${by} to be in the range (1 - ${longest}), got ${inputs[by]} (${length})`;
    return { inputs, mistakes: tooLong ? [...mistakes, { property: by, reason }] : mistakes };
  }

  diff(type: string, olds: Properties, news: Properties): Planned {
    const { replace, named } = typed(type);
    const forces = (change: Change) => {
      if (concerns("region", change)) return true;
      if (replace === "all") return !["tags", "skipDestroy", "trackLatest"].some((each) => concerns(each, change));
      const isUserData = concerns("userData", change) || concerns("userDataBase64", change);
      if (type === "aws:ec2/instance:Instance" && isUserData) return news.userDataReplaceOnChange === true;
      return replace.some((property) => concerns(property, change));
    };
    const planned = changes(olds, news).map((change) => ({ ...change, replaces: forces(change) }));
    // The provider deletes first where a name that was given would be taken twice.
    const keepsName =
      named !== undefined && !texts(news.__defaults).includes(named.by) && news[named.by] === olds[named.by];
    return { changes: planned, deleteBeforeReplace: keepsName && planned.some(({ replaces }) => replaces) };
  }

  /** What a preview shows of a resource to be made: nothing that AWS makes. */
  previewed = (inputs: Properties): Properties => this.tagged(inputs);

  create(type: string, name: string, inputs: Properties): { id: string; properties: Properties } {
    const call = { op: "create", type, name, id: "", inputs: redacted(inputs) } as const;
    const wanted = plain(inputs);
    this.refuseOr(call, this.told(type, name) ?? refusal({ type, inputs: wanted, account: this }));
    const stored = this.store(type, name, inputs);
    this.calls.push({ ...call, id: stored.id });
    if (this.faults.rolledBack[`${type} ${name}`]) this.comeUp(stored, "");
    return { id: stored.id, properties: properties(stored) };
  }

  update(type: string, name: string, id: string, olds: Properties, news: Properties, isPreview: boolean): Properties {
    const before = this.find(type, id, olds);
    const renewed = typed(type).renewed?.(before.computed) ?? {};
    if (isPreview) {
      const computed = Object.entries(before.computed).filter(([key]) => !(key in renewed));
      return { ...Object.fromEntries(computed), ...this.tagged(news) };
    }
    const call = { op: "update", type, name, id, inputs: redacted(news) } as const;
    const wish = { type, inputs: plain(news), old: existing(before), account: this };
    this.refuseOr(call, this.told(type, name) ?? refusal(wish));
    // Without a new task definition ECS deploys nothing: a service that was rolled back stays so.
    const isDeployed = plain(news).taskDefinition !== plain(olds).taskDefinition;
    const { taskDefinition } = before.drift;
    const drift: Properties = isDeployed || taskDefinition === undefined ? {} : { taskDefinition };
    const after = { ...before, name, inputs: this.tagged(news), computed: { ...before.computed, ...renewed }, drift };
    this.keep(after);
    this.calls.push(call);
    if (isDeployed && this.faults.rolledBack[`${type} ${name}`]) {
      this.comeUp(after, text(wish.old.props.taskDefinition));
    }
    return properties(after);
  }

  delete(type: string, name: string, id: string, state: Properties): void {
    const doomed = this.stored.get(key(type, id, state));
    const call = { op: "delete", type, name, id, inputs: redacted(doomed?.inputs ?? {}) } as const;
    if (doomed) this.refuseOr(call, deletionRefusal(existing(doomed), this));
    this.calls.push(call);
    const { name: physicalName, recoveryWindowInDays } = existing(doomed ?? EMPTY).props;
    if (type === "aws:secretsmanager/secret:Secret" && recoveryWindowInDays !== 0) {
      this.secretsInDeletion.add(text(physicalName));
    }
    this.stored.delete(key(type, id, state));
  }

  /** What AWS reports, or nothing where the resource is gone. */
  read(
    type: string,
    name: string,
    id: string,
    state: Properties,
  ): { inputs: Properties; properties: Properties } | undefined {
    this.calls.push({ op: "read", type, name, id, inputs: {} });
    const stored = this.stored.get(key(type, id, state));
    if (!stored) return undefined;
    const { tagsAll, ...inputs } = { ...stored.inputs, ...stored.drift };
    return { inputs, properties: properties(stored) };
  }

  invoke(token: string, args: Properties): Properties {
    const question = { args: plain(args), account: this, imageRelease: this.imageRelease };
    this.calls.push({ op: "invoke", type: token, name: "", id: "", inputs: redacted(args) });
    return answer(token, question);
  }

  private store(type: string, name: string, inputs: Properties): Stored {
    const { id: identify, computed = () => ({}), named } = typed(type);
    const wanted = plain(inputs);
    const made = { inputs: wanted, name: text(wanted[named?.by ?? "name"]), region: this.region, hex };
    const id = identify(made);
    const all = { region: this.region, ...computed({ ...made, id }) };
    return this.keep({ type, name, id, inputs: this.tagged(inputs), computed: all, drift: {} });
  }

  private keep(stored: Stored): Stored {
    this.stored.set(key(stored.type, stored.id, stored.computed), stored);
    return stored;
  }

  private find(type: string, id: string, state: Properties): Stored {
    const found = this.stored.get(key(type, id, state));
    if (!found) throw new Error(`there is no ${type} ${id} in the AWS stub`);
    return found;
  }

  private comeUp(service: Stored, reports: string): void {
    const how = this.faults.rolledBack[`${service.type} ${service.name}`];
    const after = { ...service, drift: { taskDefinition: reports } };
    this.keep(after);
    if (how === "reported") {
      const reason =
        "ECS deployment circuit breaker: tasks failed to start. Rollback to the previous revision completed.";
      throw new InitializationError(service.id, properties({ ...after, drift: {} }), service.inputs, reason);
    }
  }

  private told = (type: string, name: string): string | undefined => this.faults.failing[`${type} ${name}`];
  private tagged = (inputs: Properties): Properties =>
    inputs.tags === undefined && Object.keys(this.defaultTags).length === 0
      ? inputs
      : { ...inputs, tagsAll: { ...this.defaultTags, ...record(inputs.tags) } };

  private refuseOr(call: Call, words: string | undefined): void {
    if (!words) return;
    this.calls.push({ ...call, refused: words });
    throw new Error(words);
  }
}

/** Ids are unique within a type, but for task definitions: all revisions of a family have the same. */
const key = (type: string, id: string, { arn }: Properties): string =>
  type === "aws:ecs/taskDefinition:TaskDefinition" ? text(arn) : `${type} ${id}`;

const EMPTY: Stored = { type: "", name: "", id: "", inputs: {}, computed: {}, drift: {} };
const properties = ({ inputs, computed, drift }: Stored): Properties => ({ ...computed, ...inputs, ...drift });
const existing = (stored: Stored): Existing => ({
  type: stored.type,
  name: stored.name,
  id: stored.id,
  props: plain(properties(stored)),
  made: plain(stored.computed),
});
