// Uses the page as somebody at a browser does: browse.js PAGE STEP..., each step FIELD=TEXT, click=BUTTON, or
// fetch=URL, a call by a script of the page's own. Says what the page shows, and what the browser did for
// it. CHROMIUM is the browser, PROFILE a directory for it, SPKI the hash of the one public key that it
// takes without a CA.
import { chromium } from "playwright-core";

const { CHROMIUM, PROFILE, SPKI } = process.env;
const [address, ...steps] = process.argv.slice(2);

const context = await chromium.launchPersistentContext(PROFILE, {
  executablePath: CHROMIUM,
  args: [
    `--ignore-certificate-errors-spki-list=${SPKI}`,
    // Its sandbox does not start as root.
    ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
  ],
});
try {
  const page = context.pages()[0];
  await watch(page);
  await page.goto(address);
  for (const step of steps) {
    const [what, value] = [step.slice(0, step.indexOf("=")), step.slice(step.indexOf("=") + 1)];
    if (what === "click") await click(page, value);
    else if (what === "fetch") await call(page, value);
    else await page.locator(`#${what}`).fill(value);
  }
  console.log(`stored: ${await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length)}`);
} finally {
  await context.close();
}

async function click(page, button) {
  await page.locator(`#${button}`).click();
  await page.locator('main[aria-busy="false"]').waitFor();
  console.log(`${button}: ${await page.locator("#status").textContent()}`);
  const result = await page.locator("#result").textContent();
  if (result) console.log(`${button} gave: ${result}`);
}

async function call(page, url) {
  const outcome = await page.evaluate(async ([target, token]) => {
    try {
      const answer = await fetch(target, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/grpc-web+proto" },
        body: new Uint8Array(5),
      });
      return `HTTP ${answer.status}, grpc-status ${answer.headers.get("grpc-status")}`;
    } catch (error) {
      return error.message;
    }
  }, [url, await page.locator("#token").inputValue()]);
  console.log(`fetch: ${outcome}`);
}

// What scripts cannot see: preflights, and why the browser refused.
async function watch(page) {
  page.on("console", (message) => message.type() === "error" && console.log(`console: ${message.text()}`));
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ type, response }) => {
    if (type !== "Preflight") return;
    const headers = new Map(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const allowed = ["origin", "methods", "headers", "credentials"].map((name) =>
      `${name} ${headers.get(`access-control-allow-${name}`) ?? "none"}`);
    console.log(`preflight: HTTP ${response.status}, allowed ${allowed.join(", ")}`);
  });
  session.on("Network.loadingFailed", ({ blockedReason, corsErrorStatus, errorText }) =>
    console.log(`refused: ${blockedReason ?? corsErrorStatus?.corsError ?? errorText}`));
}
