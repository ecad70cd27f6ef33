import { run } from "../../tools/toolchain/command";
import { answer, eventually } from "./eventually";
import { localImage } from "./images";

/** Answers after some milliseconds of work, as an application does. */
const SERVER = `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        sum(range(200_000))
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
`;

/** A plain server in a container of its own, with the CPU weight of the container it is compared with. */
export class Control {
  private constructor(
    private readonly id: string,
    readonly url: string,
  ) {}

  static async beside(container: string): Promise<Control> {
    const weight = (await run("docker", ["inspect", "--format", "{{.HostConfig.CpuShares}}", container])).trim();
    const options = ["--detach", `--cpu-shares=${weight}`, "--publish=127.0.0.1::8000", "--init"];
    const image = localImage("sized-stack/example-app");
    const id = (await run("docker", ["run", ...options, image, "python", "-c", SERVER])).trim();
    const control = new Control(id, `http://${(await run("docker", ["port", id, "8000/tcp"])).trim()}`);
    await eventually(() => answer(control.url));
    return control;
  }

  remove = (): Promise<string> => run("docker", ["rm", "--force", "--volumes", this.id]);
}
