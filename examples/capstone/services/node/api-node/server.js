// Tells the time, and which version tells it.
import { createServer } from "node:http";

const port = Number(process.env.PORT ?? 3000);
const version = process.env.VERSION ?? "dev";

const server = createServer((request, response) => {
  if (request.url !== "/" && request.url !== "/healthz") {
    response.writeHead(404).end();
    return;
  }
  const body = JSON.stringify({ api: "node", version, now: new Date().toISOString() });
  response.writeHead(200, {
    "content-type": "application/json",
    "access-control-allow-origin": "*",
  });
  response.end(`${body}\n`);
});

server.listen(port, () => console.log(`api-node ${version} listens on ${port}`));
process.on("SIGTERM", () => server.close());
