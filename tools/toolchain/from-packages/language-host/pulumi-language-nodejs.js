#!/usr/bin/env node
// Runs Pulumi programs and policy packs written for Node, on the gRPC stubs that @pulumi/pulumi ships.
// It stands in for the official pulumi-language-nodejs where that cannot be downloaded, and serves what
// the engine asks of it during preview, up, refresh, destroy and policy runs; the rest is UNIMPLEMENTED.

const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");

// The engine starts this host in the project's folder; its packages are the project's, not this file's.
const fromProject = createRequire(path.join(process.cwd(), "package.json"));
const grpc = createRequire(fromProject.resolve("@pulumi/pulumi"))("@grpc/grpc-js");
const messages = fromProject("@pulumi/pulumi/proto/language_pb");
const plugin = fromProject("@pulumi/pulumi/proto/plugin_pb");
const { LanguageRuntimeService } = fromProject("@pulumi/pulumi/proto/language_grpc_pb");

/** The program's exit code for "I have already told the user what went wrong". */
const ALREADY_REPORTED = 32;
const engineAddress = process.argv.at(-1);
const children = new Set();

function start(script, args, { cwd, env, stdio }) {
  const child = spawn(process.execPath, [script, ...args], { cwd, env: { ...process.env, ...env }, stdio });
  children.add(child);
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, error }));
    child.on("close", (code) => resolve({ code: code ?? 1 }));
  }).finally(() => children.delete(child));
  return { child, ended };
}

/** A unary handler: whatever it returns is the response, whatever it throws the error. */
const unary = (handle) => (call, reply) => {
  Promise.resolve(call.request)
    .then(handle)
    .then((response) => reply(null, response))
    .catch((error) => reply({ code: grpc.status.INTERNAL, message: error.message }));
};

async function run(request) {
  const root = request.getInfo().getRootDirectory();
  const options = request.getInfo().getOptions()?.toJavaScript() ?? {};
  const config = Object.fromEntries(request.getConfigMap().toArray());
  const args = [
    `--monitor=${request.getMonitorAddress()}`,
    `--engine=${engineAddress}`,
    `--organization=${request.getOrganization()}`,
    `--project=${request.getProject()}`,
    `--root-directory=${root}`,
    `--stack=${request.getStack()}`,
    `--pwd=${request.getPwd()}`,
    ...(request.getDryrun() ? ["--dry-run"] : []),
    `--parallel=${request.getParallel()}`,
    request.getInfo().getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
  const { ended } = start(createRequire(path.join(root, "package.json")).resolve("@pulumi/pulumi/cmd/run"), args, {
    cwd: request.getPwd(),
    env: {
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_NODEJS_TYPESCRIPT: String(options.typescript ?? true),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { code, error } = await ended;
  const response = new messages.RunResponse();
  if (code === ALREADY_REPORTED) response.setBail(true);
  else if (code !== 0) response.setError(error ? error.message : `the program ended with exit code ${code}`);
  return response;
}

function runPlugin(call) {
  const request = call.request;
  const directory = request.getInfo()?.getProgramDirectory() || request.getProgram() || request.getPwd();
  const isPolicyPack = request.getKind() === "analyzer";
  const command = isPolicyPack ? "run-policy-pack" : "run-plugin";
  const script = createRequire(path.join(directory, "package.json")).resolve(`@pulumi/pulumi/cmd/${command}`);
  const { child, ended } = start(script, [...request.getArgsList(), directory], {
    // As the official host does: in the project's folder a policy pack would be run with its tsconfig.json.
    cwd: isPolicyPack ? directory : request.getPwd(),
    env: Object.fromEntries(request.getEnvList().map((pair) => pair.split(/=(.*)/s).slice(0, 2))),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const send = (set) => (data) => {
    const response = new messages.RunPluginResponse();
    set(response, data);
    call.write(response);
  };
  child.stdout.on(
    "data",
    send((response, data) => response.setStdout(data)),
  );
  child.stderr.on(
    "data",
    send((response, data) => response.setStderr(data)),
  );
  call.on("cancelled", () => child.kill());
  ended.then(({ code }) => {
    send((response) => response.setExitcode(code))();
    call.end();
  });
}

const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
server.addService(LanguageRuntimeService, {
  handshake: unary(() => new messages.LanguageHandshakeResponse()),
  getPluginInfo: unary(() => new plugin.PluginInfo()),
  getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
  getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),
  run: unary(run),
  runPlugin,
  cancel: unary(() => {
    for (const child of children) child.kill();
    const { Empty } = fromProject("google-protobuf/google/protobuf/empty_pb");
    return new Empty();
  }),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    console.error(error.message);
    process.exit(1);
  }
  console.log(port);
});
