// Looks at rebake's pages in Chromium, as people use them: `node pages.mjs DIRECTORY`, which has graph-0.html,
// graph-5.html, graph-60.html, graph-1000.html and timings.html. It prints what does not hold, and ends with 1 if
// anything does not. What it needs is found beside `package.json` in $REBAKE_BROWSER.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.REBAKE_BROWSER, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const directory = resolve(process.argv[2]);

let held = 0;
const broken = [];
const expect = (what, is, detail = "") => {
  if (is) held += 1;
  else broken.push(`${what}${detail === "" ? "" : `: ${detail}`}`);
};

const browser = await chromium.launch({
  executablePath: process.env.REBAKE_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

// Opens a page, and notes whatever it says or asks for.
const open = async (file, fragment = "", options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.on("console", (message) => broken.push(`${file} wrote to the console: ${message.text()}`));
  page.on("pageerror", (error) => broken.push(`${file} failed: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) broken.push(`${file} asked for ${request.url()}`);
  });
  await page.goto(pathToFileURL(join(directory, file)) + fragment);
  return page;
};

const accessible = async (file, prepare = async () => {}) => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(file, "", { colorScheme });
    await prepare(page);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    const found = violations.map(({ id, nodes }) => `${id} (${nodes.length}, such as ${nodes[0].html.slice(0, 120)})`);
    expect(`${file} is accessible in ${colorScheme} colours`, violations.length === 0, found.join("; "));
    const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const isLight = Number(paper.match(/\d+/)[0]) > 128;
    expect(`${file} has a paper in ${colorScheme} colours`, isLight === (colorScheme === "light"), paper);
    await page.context().close();
  }
};

// Graphs.
const chosen = (page) => page.evaluate(() => document.querySelector("#panel:not([hidden]) h2")?.textContent ?? null);

for (const file of ["graph-0.html", "graph-5.html", "graph-60.html"]) {
  await accessible(file);
  await accessible(file, async (page) => {
    await page.evaluate(() => { document.getElementById("all").open = true; document.querySelector("a.node")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })); });
  });
}
{
  const page = await open("graph-60.html");
  const names = await page.$$eval("a.node", (nodes) => nodes.map((node) => node.getAttribute("aria-label").split(", ")[0]));
  expect("all 60 services are drawn", names.length === 60, names.length);
  expect("every box leads to a row of the table", await page.$$eval("a.node", (nodes) =>
    nodes.every((node) => document.getElementById(decodeURIComponent(node.getAttribute("href").slice(1))))));

  await page.fill("#search", "service-42");
  expect("a search marks what it finds", (await page.$$eval(".node.match", (nodes) => nodes.length)) === 1);
  await page.press("#search", "Enter");
  expect("Enter in the search chooses the first", (await chosen(page)) === "service-42", await chosen(page));
  expect("the address names the service", page.url().endsWith("#svc-service-42"), page.url());
  expect("the panel says why", (await page.textContent("#facts")).includes("Why"));

  await page.keyboard.press("Escape");
  expect("Escape closes the panel", (await chosen(page)) === null);
  expect("the focus returns to the box", (await page.evaluate(() => document.activeElement.getAttribute("href"))) === "#svc-service-42");
  await page.keyboard.press("Enter");
  expect("Enter on a box opens it", (await chosen(page)) === "service-42");
  await page.goBack();
  expect("going back closes it", (await chosen(page)) === null);

  await page.click("#n0");
  const first = await chosen(page);
  expect("a click opens a box", first === names[0], first);
  const all = await page.$$eval(".node", (nodes) => nodes.length);
  await page.click("[data-hops='1']");
  const near = await page.$$eval(".node", (nodes) => nodes.filter((node) => node.getBoundingClientRect().width > 0).length);
  expect("one step around it shows few", near >= 1 && near < all, near);
  await page.click("[data-hops='']");
  const again = await page.$$eval(".node", (nodes) => nodes.filter((node) => node.getBoundingClientRect().width > 0).length);
  expect("all shows all", again === all, again);
  await page.click("#close");

  // The middle of the first edge that nothing covers.
  const edge = await page.evaluate(() => {
    for (const path of document.querySelectorAll(".edges path")) {
      for (let at = 1; at < 10; at++) {
        const point = path.getPointAtLength((path.getTotalLength() * at) / 10);
        const { left, top } = document.getElementById("picture").getBoundingClientRect();
        if (document.elementFromPoint(left + point.x, top + point.y) === path)
          return { x: left + point.x, y: top + point.y, to: +path.dataset.to };
      }
    }
    return null;
  });
  await page.mouse.click(edge.x, edge.y);
  expect("a click on an edge opens what needs the other", (await chosen(page)) === names[edge.to], await chosen(page));
  expect("and says where that is declared", /filters\.yaml:\d+:\d+/.test(await page.textContent("#facts")));
  await page.keyboard.press("Escape");

  await page.click("#critical");
  expect("the critical path can be seen", await page.$eval("#picture", (picture) => picture.classList.contains("path")));
  expect("its button says that it is pressed", (await page.getAttribute("#critical", "aria-pressed")) === "true");
  const before = await page.getAttribute("#picture", "width");
  await page.click("#in");
  expect("the picture can be made larger", +(await page.getAttribute("#picture", "width")) > +before);
  await page.click("#fit");

  await page.pdf();
  expect("on paper the table is open", await page.$eval("#all", (all) => all.open));
  await page.emulateMedia({ media: "print" });
  expect("on paper there are no buttons", !(await page.isVisible(".tools")));
  await page.context().close();
}
{
  const page = await open("graph-60.html", "#svc-service-7");
  expect("a link opens a service", (await chosen(page)) === "service-7", await chosen(page));
  await page.context().close();
}
{
  const page = await open("graph-60.html", "", { javaScriptEnabled: false });
  expect("without a script the picture is there", await page.isVisible("#n0"));
  await page.context().close();
}
{
  const page = await open("graph-1000.html");
  const count = await page.evaluate(() => document.querySelectorAll("*").length);
  expect("a graph of 1,000 services has at most 32,000 elements", count <= 32_000, count);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const layouts = async () =>
    (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "LayoutCount").value;
  const box = await page.locator("#scroll").boundingBox();
  // A place without a box.
  await page.mouse.move(box.x + 300, box.y + 8);
  const before = await layouts();
  await page.mouse.down();
  for (let step = 1; step <= 40; step++) await page.mouse.move(box.x + 300 - step * 5, box.y + 8 - step);
  await page.mouse.up();
  const moved = await page.$eval("#scroll", (scroll) => scroll.scrollLeft);
  expect("the picture is dragged", moved > 100, moved);
  const laidOut = (await layouts()) - before;
  expect("dragging lays nothing out", laidOut <= 2, laidOut);
  await page.context().close();
}

// Timings.
await accessible("timings.html");
{
  const page = await open("timings.html");
  const order = () => page.$$eval("#builds tbody tr th", (heads) => heads.map((head) => head.firstChild.textContent));
  const before = await order();
  await page.click("th[data-sorts] >> text=Took");
  const up = await order();
  await page.click("th[data-sorts] >> text=Took");
  const down = await order();
  expect("a click on a heading sorts", up.join() !== before.join() || down.join() !== before.join());
  expect("a second click turns the order round", up[0] === down.at(-1), `${up} and ${down}`);
  expect("the critical path is said", /on the critical path/.test(await page.textContent(".advice")));
  expect("a failure shows the end of its log", await page.isVisible(".log pre"));
  await page.click(".log summary");
  expect("its log can be closed", !(await page.isVisible(".log pre")));
  await page.context().close();
}

await browser.close();
for (const line of broken) console.log(line);
console.log(`${held} expectations held, ${broken.length} did not`);
process.exitCode = broken.length > 0 || held < 40 ? 1 : 0;
