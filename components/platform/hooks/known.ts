import * as pulumi from "@pulumi/pulumi";

/** The plain value of an input, in a hook of an update: what it depends on is there then. */
export const known = <T>(input: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> =>
  new Promise((resolve) => pulumi.output(input).apply((value) => resolve(value)));
