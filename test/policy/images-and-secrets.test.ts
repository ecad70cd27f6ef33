import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../policy/resource";
import { imageDigest } from "../../policy/rules/image-digest";
import { looksSecret, plainSecrets } from "../../policy/rules/plain-secrets";
import { resource, said, taskDefinition } from "./resources";

describe("an image on ECS", () => {
  const digest = `shop@sha256:${"a".repeat(64)}`;
  it("by its digest is fine", () => {
    expect(said(imageDigest, taskDefinition([{ name: "app", image: digest }]))).toEqual([]);
  });
  it.each(["shop:latest", "shop", `${digest}0`])("as %s is refused, with what to write", (image) => {
    expect(said(imageDigest, taskDefinition([{ name: "app", image }]))).toEqual([
      expect.stringMatching(/container app runs shop.*Name shop.*@sha256:…/),
    ]);
  });
});

describe("an environment variable", () => {
  it.each([
    ["POSTGRES_PASSWORD", "hunter2"],
    ["postgres_password", "hunter2"],
    ["GITHUB_TOKEN", "anything at all"],
    ["AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"],
    ["STRIPE_APIKEY", "abc"],
    ["JWT_SIGNING_KEY", "abc"],
    ["OLD_SECRET_2", "abc"],
    ["STRIPE_KEY", "51HxYzABCDEFGH12345"],
    ["DATABASE_URL", "postgresql://app:hunter2@db/app"],
    ["REDIS", "redis://:hunter2@redis:6379/0"],
    ["CERTIFICATE", "-----BEGIN RSA PRIVATE KEY-----\nMII"],
    ["SOMETHING", "AKIAIOSFODNN7EXAMPLE"],
    ["SESSION", "eyJhbGciOiJIUzI1NiIs.eyJzdWIiOiIxMjM0NTY3.sig"],
  ])("%s looks like a secret", (name, value) => expect(looksSecret(name, value)).toBe(true));

  it.each([
    ["POSTGRES_PASSWORD_FILE", "/run/secrets/postgres_password"],
    ["PASSWORD_MIN_LENGTH", "8"],
    ["TOKEN_URL", "https://login.example.org/token"],
    ["ACCESS_TOKEN_EXPIRE_MINUTES", "30"],
    ["REQUIRE_TOKEN", "true"],
    ["EMPTY_SECRET", ""],
    ["CACHE_KEY", "articles"],
    ["PARTITION_KEY", "customer-and-order"],
    ["DATABASE_URL", "postgresql://app@db/app"],
    ["DB_POOL_SIZE", "20"],
    ["HEARTBEAT_FILE", "/tmp/celery-heartbeat"],
  ])("%s=%s does not", (name, value) => expect(looksSecret(name, value)).toBe(false));

  it("that does is named on both platforms, with the command that makes it a secret, and without its value", () => {
    const docker = resource("docker:index/container:Container", {
      inputs: { envs: ["PORT=8000", "STRIPE_TOKEN=sk=topsecret", UNKNOWN] },
    });
    const task = taskDefinition([{ name: "app", environment: [{ name: "STRIPE_TOKEN", value: "sk=topsecret" }] }]);
    for (const messages of [said(plainSecrets, docker), said(plainSecrets, task)]) {
      expect(messages).toEqual([expect.stringContaining("pulumi config set --secret --path secrets.STRIPE_TOKEN")]);
      expect(messages[0]).not.toContain("topsecret");
    }
  });
});
