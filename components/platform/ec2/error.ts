/**
 * What AWS does not have, does not know or will not do; the message says what to do instead. In a file of its own: the
 * program catches it on Docker too, where the table of instance types need not be read.
 */
export class Ec2Error extends Error {
  override readonly name = "Ec2Error";
}
