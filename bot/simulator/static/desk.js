// The page around the phones: adding one, faults of providers, messages that arrive, the clock, beginning anew.
"use strict";

const $ = (id) => document.getElementById(id);
const archive = []; // every message that the stand-ins have taken
const narrow = matchMedia("(max-width: 720px)");

function add(person, withPast = true) {
  if (shown.has(person.number)) return shown.get(person.number);
  const phone = new Phone(person);
  shown.set(person.number, phone);
  if (withPast) archive.filter((message) => message.phone === person.number).forEach((message) => phone.keep(message));
  phone.idle();
  offer();
  if (shown.size === 1) bring(phone);
  return phone;
}

function offer() {
  const select = $("add"), groups = new Map();
  select.replaceChildren(new Option(T("choose …", "choisir …"), ""));
  for (const person of setup.phones) {
    if (shown.has(person.number)) continue;
    const role = person.kind === "caller" ? T("Women", "Femmes") : person.role.split(",")[0];
    if (!groups.has(role)) {
      groups.set(role, Object.assign(document.createElement("optgroup"), { label: role }));
      select.append(groups.get(role));
    }
    const where = person.zones && person.zones.length < 40 ? `, ${person.zones}` : "";
    groups.get(role).append(new Option(`${called(person)}${where} ${person.number}`, person.number));
  }
  tabs();
}

// On a narrow screen one phone is seen at a time.
function tabs() {
  const bar = document.querySelector(".tabs");
  if (![...shown.values()].some((phone) => phone.el.classList.contains("facing"))) shown.values().next().value?.el.classList.add("facing");
  bar.replaceChildren(...[...shown.values()].map((phone) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: phone.name || phone.role });
    button.setAttribute("aria-pressed", String(phone.el.classList.contains("facing")));
    button.classList.toggle("bell", phone.inbox.some((message) => !message.read));
    button.addEventListener("click", () => bring(phone));
    return button;
  }));
}

function bring(phone) {
  shown.forEach((one) => one.el.classList.toggle("facing", one === phone));
  tabs();
}

// The network hands a message over and tells the provider, who tells Ijwi.
async function deliver() {
  try {
    const last = archive.at(-1)?.id ?? 0;
    for (const message of await (await fetch(`/simulator/messages?after=${last}`)).json()) {
      archive.push(message);
      handOver(message);
    }
  } catch (error) {
    // the server is away; it is asked again
  }
  setTimeout(deliver, 700);
}

async function handOver(message) {
  const known = setup.phones.find((person) => person.number === message.phone);
  if (!shown.has(message.phone) && known) add(known, false); // whoever is rung comes onto the page
  const phone = shown.get(message.phone);
  if (!phone) return;
  const form = Object.entries(JSON.parse(message.wire)).map(([name, value]) => `${name}=${value}`).join("\n");
  phone.wire("in", `the SDK's request to ${message.provider}\n${form}`);
  phone.receive(message);
  tabs();
  happened(phone, "rang", "", message.text);
  if (message.provider === "twilio") {
    const told = { MessageSid: message.sid, MessageStatus: "delivered", To: message.phone, From: setup.sender, AccountSid: setup.account, ApiVersion: "2010-04-01" };
    await phone.post("/receipts/twilio", told, true);
  } else {
    await phone.post(`/receipts/africastalking/${setup.secret}`, { id: message.sid, status: "Success", phoneNumber: message.phone, networkCode: "99999", retryCount: "0" });
  }
}

// -- the clock -------------------------------------------------------------------------------------------------------
function tell() {
  const day = clock.local().toLocaleDateString(T("en-GB", "fr"), { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  $("now").textContent = `${day}, ${clock.hour()}`;
  const ahead = Math.round(clock.read.ahead / 60), parts = [[Math.floor(ahead / 1440), T("d", "j")], [Math.floor(ahead / 60) % 24, "h"], [ahead % 60, "min"]];
  const words = parts.filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");
  $("ahead").textContent = ahead ? T(`${words} ahead`, `${words} en avance`) : "";
}

async function look() {
  try {
    clock.take(await (await fetch("/simulator/clock")).json());
    tell();
  } catch (error) {
    // as above
  }
}

async function move(by) {
  const answer = await fetch("/simulator/clock", { method: "POST", headers: OURS, body: new URLSearchParams({ by }) });
  clock.take(await answer.json());
  tell();
  shown.forEach((phone) => phone.tick());
  if (answer.ok) happened(null, "clock", by, "");
}

// -- beginning anew --------------------------------------------------------------------------------------------------
async function anew() {
  $("yes").disabled = true;
  const answer = await fetch("/simulator/reset", { method: "POST", headers: OURS }).catch(() => ({ ok: false }));
  if (answer.ok) {
    sessionStorage.clear();
    location.reload();
    return;
  }
  $("yes").disabled = false;
  $("away").textContent = T("A part of the service does not answer. Ask again in a moment.", "Une partie du service ne répond pas. Réessayez dans un instant.");
}

$("add").addEventListener("change", (event) => {
  const person = setup.phones.find((one) => one.number === event.target.value);
  if (person) bring(add(person));
});
$("wires").addEventListener("change", () => shown.forEach((phone) => phone.wireShown()));
document.querySelectorAll(".fault").forEach((select) => select.addEventListener("change", () =>
  fetch("/simulator/fault", { method: "POST", headers: OURS, body: new URLSearchParams({ provider: select.dataset.provider, kind: select.value }) })));
if (!setup.twilio) document.querySelectorAll('#gateway option[value="twilio"]').forEach((option) => option.remove());
document.querySelectorAll("#clock [data-by]").forEach((button) => button.addEventListener("click", () => move(button.dataset.by)));
$("reset").addEventListener("click", () => $("sure").showModal());
$("no").addEventListener("click", () => $("sure").close());
$("yes").addEventListener("click", anew);
$("all").addEventListener("click", () => transcript.show(null));
$("shut").addEventListener("click", () => $("script").close());
$("script").addEventListener("close", () => document.body.classList.remove("reading"));
$("paper").addEventListener("click", () => window.print());
$("copy").addEventListener("click", async () => {
  const pre = $("script").querySelector("pre");
  try {
    await navigator.clipboard.writeText(pre.textContent);
  } catch (error) {
    getSelection().selectAllChildren(pre); // no clipboard on a page without TLS: it is marked, to be copied by hand
  }
  $("copy").textContent = T("Copied", "Copié");
});
if (narrow.matches) {
  $("network").open = false;
  const now = document.querySelector(".now"); // on a small screen the next step stays in sight above the phone
  if (now) $("phones").parentElement.prepend(now);
  if (now) $("phones").after(document.querySelector(".scenes"));
}

addEventListener("beforeprint", () => document.querySelectorAll(".scenes details").forEach((one) => { one.open = true; }));

async function start() {
  archive.push(...(await (await fetch("/simulator/messages")).json())); // what came before: in the inboxes, unread
  add(setup.phones[0]);
  if (!setup.story) add(setup.phones.find((person) => person.kind === "champion"));
  tell();
  setInterval(() => { shown.forEach((phone) => phone.tick()); tell(); }, 5000);
  setInterval(() => shown.forEach((phone) => phone.count()), 250);
  setInterval(look, 10000);
  deliver();
  if (setup.story) tour.begin();
}

start();
