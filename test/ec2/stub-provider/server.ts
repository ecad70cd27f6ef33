import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Change } from "./diff";
import { InitializationError, type StubAws } from "./stub-aws";
import { type Properties, record, text } from "./values";

/** The version of @pulumi/aws that the stub stands in for. */
const VERSION = "7.48.0";

const properties = (struct: Struct | undefined): Properties => record(struct?.toJavaScript());
/** Structs know no `undefined`; what is absent stays away. */
const struct = (values: Properties): Struct =>
  Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Record<string, JavaScriptValue>);

/** A unary handler: what it returns is the response, what it throws the error. */
const unary =
  <Request, Response>(handle: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> =>
  (call, reply) => {
    try {
      reply(null, handle(call.request));
    } catch (error) {
      reply(failure(error));
    }
  };

function failure(error: unknown): Partial<grpc.StatusObject> {
  const details = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InitializationError)) return { code: grpc.status.UNKNOWN, details };
  const failed = new messages.ErrorResourceInitFailed();
  failed.setId(error.id);
  failed.setProperties(struct(error.properties));
  failed.setInputs(struct(error.inputs));
  failed.setReasonsList([details]);
  const packed = new Any();
  packed.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(details);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details, metadata };
}

const { Kind } = messages.PropertyDiff;
const KINDS = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

function diffOf({ kind, replaces }: Change & { readonly replaces: boolean }): messages.PropertyDiff {
  const diff = new messages.PropertyDiff();
  diff.setKind(KINDS[kind][replaces ? 1 : 0]);
  diff.setInputdiff(true);
  return diff;
}

const handlers = (aws: StubAws): grpc.UntypedServiceImplementation => ({
  attach: unary(() => new Empty()),
  cancel: unary(() => new Empty()),
  getPluginInfo: unary(() => {
    const info = new PluginInfo();
    info.setVersion(VERSION);
    return info;
  }),
  configure: unary((request: messages.ConfigureRequest) => {
    aws.configure(properties(request.getArgs()));
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }),
  invoke: unary((request: messages.InvokeRequest) => {
    const response = new messages.InvokeResponse();
    response.setReturn(struct(aws.invoke(request.getTok(), properties(request.getArgs()))));
    return response;
  }),
  check: unary((request: messages.CheckRequest) => {
    const { inputs, mistakes } = aws.check(
      request.getType(),
      request.getName(),
      properties(request.getOlds()),
      properties(request.getNews()),
    );
    const response = new messages.CheckResponse();
    response.setInputs(struct(inputs));
    for (const { property, reason } of mistakes) {
      const mistake = new messages.CheckFailure();
      mistake.setProperty(property);
      mistake.setReason(reason);
      response.addFailures(mistake);
    }
    return response;
  }),
  diff: unary((request: messages.DiffRequest) => {
    const { changes, deleteBeforeReplace } = aws.diff(
      request.getType(),
      properties(request.getOldInputs()),
      properties(request.getNews()),
    );
    const response = new messages.DiffResponse();
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
    const top = (some: typeof changes) => [...new Set(some.map(({ path }) => text(path.split(/[.[]/)[0])))];
    response.setDiffsList(top(changes));
    response.setReplacesList(top(changes.filter(({ replaces }) => replaces)));
    for (const change of changes) response.getDetaileddiffMap().set(change.path, diffOf(change));
    response.setHasdetaileddiff(true);
    response.setDeletebeforereplace(deleteBeforeReplace);
    return response;
  }),
  create: unary((request: messages.CreateRequest) => {
    const inputs = properties(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(struct(aws.previewed(inputs)));
      return response;
    }
    const made = aws.create(request.getType(), request.getName(), inputs);
    response.setId(made.id);
    response.setProperties(struct(made.properties));
    return response;
  }),
  update: unary((request: messages.UpdateRequest) => {
    const response = new messages.UpdateResponse();
    const after = aws.update(
      request.getType(),
      request.getName(),
      request.getId(),
      properties(request.getOlds()),
      properties(request.getNews()),
      request.getPreview(),
    );
    response.setProperties(struct(after));
    return response;
  }),
  delete: unary((request: messages.DeleteRequest) => {
    aws.delete(request.getType(), request.getName(), request.getId(), properties(request.getProperties()));
    return new Empty();
  }),
  read: unary((request: messages.ReadRequest) => {
    const found = aws.read(request.getType(), request.getName(), request.getId(), properties(request.getProperties()));
    const response = new messages.ReadResponse();
    if (!found) return response;
    response.setId(request.getId());
    response.setProperties(struct(found.properties));
    response.setInputs(struct(found.inputs));
    return response;
  }),
});

export interface Serving {
  /** What `pulumi` needs in its environment to talk to this account instead of to AWS. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => void;
}

/** Lets the engine reach a stub of AWS in place of the provider's own program. */
export async function serve(aws: StubAws): Promise<Serving> {
  const server = new grpc.Server();
  server.addService(ResourceProviderService, handlers(aws));
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, given: number) => (error ? reject(error) : resolve(given));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), bound);
  });
  return {
    environment: {
      AWS_REGION: aws.region,
      PULUMI_DEBUG_PROVIDERS: `aws:${port}`,
      // The engine would fetch the provider's own program, which it then does not start.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
    stop: () => server.forceShutdown(),
  };
}
