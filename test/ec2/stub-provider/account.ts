import type { Host } from "./placement";
import { number, type Properties, text } from "./values";

/** A resource as AWS has it: secrets in clear, what was asked for together with what AWS made of it. */
export interface Existing {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly props: Properties;
  /** The part of `props` that AWS made. */
  readonly made: Properties;
}

/** What AWS knows when it is asked for something. */
export interface Account {
  readonly region: string;
  readonly zones: readonly string[];
  /** The container instances of the cluster; without them nothing is said about placement. */
  readonly hosts: readonly Host[] | undefined;
  /** Names of secrets that were deleted and wait out their recovery window. */
  readonly secretsInDeletion: ReadonlySet<string>;
  all(type: string): readonly Existing[];
  everything(): readonly Existing[];
}

/** A wish: `old` is what it is now, where it exists already. */
export interface Wish {
  readonly type: string;
  readonly inputs: Properties;
  readonly old?: Existing;
  readonly account: Account;
}

/** Says in AWS's words why not, or nothing. */
export type Rule<T> = (subject: T) => string | false | undefined;

/** A role or a cluster may be given by its name, its id or its ARN. */
export const answersTo = ({ id, props }: Existing, reference: string) =>
  [id, props.name, props.arn, props.id].includes(reference);
export const find = (account: Account, type: string, reference: unknown) =>
  account.all(type).find((each) => answersTo(each, text(reference)));

/** What is known of a subnet; nothing of one that does not exist. */
export const subnetOf = (account: Account, id: unknown) => find(account, "aws:ec2/subnet:Subnet", id)?.props ?? {};

export const outside = (value: unknown, least: number, most: number): boolean => {
  const given = number(value);
  return given !== undefined && (given < least || given > most);
};
