// What all scripts of the page share: its settings, the service's clock, and the transcript in the shape of the golden
// talks of tests/stories: who, what was pressed, what stood on the phone.
"use strict";

const setup = JSON.parse(document.getElementById("setup").textContent);
const T = (english, french) => (setup.page === "fr" ? french : english);
const shown = new Map(); // number -> Phone
const called = (person) => (person.name ? `${person.name}, ${person.role.toLowerCase()}` : person.role);
const listeners = []; // of what happens on the phones
const happened = (phone, what, typed, page, open) => listeners.forEach((hear) => hear(phone, what, typed, page, open));

const clock = {
  read: setup.clock, asked: Date.now(),
  take(read) { this.read = read; this.asked = Date.now(); },
  // the country's clock, as if it were that of UTC
  local() { return new Date(Date.parse(`${this.read.local}Z`) + Date.now() - this.asked); },
  hour() { return this.local().toISOString().slice(11, 16); },
};

const transcript = {
  entries: [], // { number, lines }, as they came
  speaks: null,
  add(phone, ...lines) { this.entries.push({ number: phone.number, lines }); },
  name(phone) { return phone.ref.startsWith("she") ? `She${phone.ref.slice(3) && ` ${phone.ref.slice(3)}`}` : phone.ref; },
  begin(phone) { this.add(phone, "", `## ${this.name(phone)}`); this.speaks = phone.number; },
  turn(phone, typed, page) {
    if (this.speaks !== phone.number) this.begin(phone);
    else if (!typed.startsWith("*")) this.add(phone, "");
    this.add(phone, `> ${typed}`, page);
  },
  ended(phone, why) { this.add(phone, "", `[${why}]`); },
  wrote(phone, text) { this.add(phone, "", `[SMS from ${this.name(phone)}] ${text}`); },
  came(phone, text) { this.add(phone, "", `[SMS to ${this.name(phone)}] ${text}`); },
  text(phone) {
    const mine = this.entries.filter((entry) => !phone || entry.number === phone.number).flatMap((entry) => entry.lines);
    return `# ${phone ? this.name(phone) : T("All phones", "Tous les téléphones")}, ${clock.read.zone}, ${clock.local().toISOString().slice(0, 16).replace("T", " ")}\n${mine.join("\n")}\n`;
  },
  show(phone) {
    const box = document.getElementById("script"), text = this.text(phone);
    box.querySelector("pre").textContent = text;
    const save = document.getElementById("save");
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    save.download = `${phone ? this.name(phone) : "talks"}.txt`;
    document.body.classList.add("reading");
    box.showModal();
  },
};
