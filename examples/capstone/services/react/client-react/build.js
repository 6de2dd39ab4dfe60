// Writes the page to dist/: index.html with the version filled in, and the sources beside it.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const version = process.env.VERSION ?? "dev";

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
const page = await readFile("index.html", "utf8");
await writeFile("dist/index.html", page.replace("%VERSION%", version));
await cp("src", "dist/src", { recursive: true });
console.log(`client-react ${version} is in dist/`);
