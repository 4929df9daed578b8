// Phones on a page. The browser plays the network and the providers' gateways: every request below is the one that
// Africa's Talking or Twilio sends. Nothing here knows what Ijwi will answer.
"use strict";

const LETTERS = { 1: ".,?!'1", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6", 7: "pqrs7", 8: "tuv8", 9: "wxyz9", 0: " 0" };
const TAP = 900; // ms in which the same key gives the next letter
const hex = (n) => Array.from(crypto.getRandomValues(new Uint8Array(n)), (b) => b.toString(16).padStart(2, "0")).join("");
const stamp = () => new Date().toISOString().slice(0, 19).replace("T", " ");
const OURS = { "X-Ijwi-Demo": "1" }; // no page of another site can send it along
const byTwilio = () => document.getElementById("gateway").value === "twilio";
const NO_LINE = "Connection problem or invalid MMI code.";

class Phone {
  constructor(person) {
    Object.assign(this, { ...person, state: "idle", inbox: [], session: null, heard: null, letters: false, tapped: null, chosen: 0 });
    this.el = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.$ = (query) => this.el.querySelector(query);
    this.el.dataset.number = this.number;
    this.$(".who").textContent = called(this);
    this.$(".post").textContent = [this.unit, this.zones.length > 40 ? "" : this.zones].filter(Boolean).join(" · ");
    this.$(".number").textContent = this.number;
    this.$(".may").textContent = this.may;
    if (this.pin) this.$(".may").append(" PIN ", Object.assign(document.createElement("b"), { textContent: this.pin }));
    this.$(".line").setAttribute("aria-label", `${this.$(".line").getAttribute("aria-label")}: ${called(this)}`);
    this.$(".lcd").setAttribute("aria-label", `${this.$(".lcd").getAttribute("aria-label")}: ${called(this)}`);
    this.pad();
    this.el.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.press(button.dataset.do ?? "", button.dataset.key);
    });
    this.$(".line").addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.press(this.state === "idle" ? "call" : "left");
      if (event.key === "Escape") this.press("end");
    });
    document.getElementById("phones").append(this.el);
    this.wireShown();
    this.idle();
  }

  pad() {
    for (const key of "123456789*0#") {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.key = key;
      button.append(key);
      const small = document.createElement("small");
      small.textContent = key === "#" ? "abc/123" : (LETTERS[key] ?? "+").replace(/[\d.,?!']/g, "").trim() || "\u00a0";
      button.append(small);
      this.$(".pad").append(button);
    }
  }

  // -- what is on the glass ------------------------------------------------------------------------------------------
  show(text, left, right, typed = null) {
    this.$(".lcd").replaceChildren(...(text instanceof Node ? [text] : [document.createTextNode(text)]));
    this.$(".lcd").scrollTop = 0;
    this.$(".left").textContent = left;
    this.$(".right").textContent = right;
    const line = this.$(".line");
    line.hidden = typed === null;
    line.value = typed ?? "";
    this.tick();
    if (typed !== null && this.el.contains(document.activeElement)) line.focus({ preventScroll: true });
  }

  tick() {
    this.$(".clock").textContent = clock.hour();
    this.$(".mail").hidden = !this.inbox.some((message) => !message.read);
    this.$(".mode").textContent = this.$(".line").hidden ? "" : this.letters ? "abc" : "123";
  }

  idle() {
    this.state = "idle";
    this.letters = false;
    const text = document.createElement("div");
    text.className = "centre";
    const unread = this.inbox.filter((message) => !message.read).length;
    text.textContent = unread ? T(`${unread} new message${unread > 1 ? "s" : ""}`, `${unread} message${unread > 1 ? "s" : ""} non lu${unread > 1 ? "s" : ""}`) : T("Demo network", "Réseau démo");
    this.show(text, unread ? T("Read", "Lire") : "Messages", T("Write", "Écrire"), "");
  }

  list() {
    this.state = "list";
    const rows = document.createElement("div");
    this.inbox.forEach((message, index) => {
      const row = document.createElement("div");
      row.className = index === this.chosen ? "item on" : "item";
      row.textContent = `${message.read ? " " : "✉"} ${message.text.slice(0, 18)}`;
      rows.append(row);
    });
    this.show(this.inbox.length ? rows : T("No messages", "Aucun message"), this.inbox.length ? T("Open", "Ouvrir") : "", T("Back", "Retour"));
  }

  open() {
    this.state = "read";
    const message = this.inbox[this.chosen];
    message.read = true;
    this.show(`${message.from}\n${message.text}`, T("Reply", "Répondre"), T("Back", "Retour"));
    happened(this, "sms", "", message.text);
  }

  // -- keys ----------------------------------------------------------------------------------------------------------
  press(what, key) {
    this.el.classList.remove("rings");
    const line = this.$(".line");
    if (key !== undefined) return this.type(key);
    if (what === "up" || what === "down") return this.move(what === "up" ? -1 : 1);
    if (what === "away") return this.putAway();
    if (what === "repeat") return this.repeat();
    if (what === "talk") return transcript.show(this);
    if (what === "drop") return this.cut(T("The network cut the line.", "Le réseau a coupé la ligne."));
    if (what === "end") return this.state === "ussd" ? this.hangUp("Incomplete") : this.idle();
    const keys = {
      idle: { left: () => { this.chosen = 0; this.inbox.some((m) => !m.read) ? this.open() : this.list(); }, right: () => this.write(), call: () => this.dial(line.value) },
      ussd: { left: () => this.say(line.value), call: () => this.say(line.value), right: () => this.hangUp("Incomplete") },
      ended: { left: () => this.idle(), right: () => this.idle() },
      list: { left: () => this.inbox.length && this.open(), right: () => this.idle() },
      read: { left: () => this.write(), right: () => this.idle() },
      write: { left: () => this.sms(line.value), right: () => this.idle() },
    };
    keys[this.state]?.[what]?.();
  }

  type(key) {
    const line = this.$(".line");
    if (["read", "ended", "list"].includes(this.state) && /[\d*]/.test(key)) this.idle(); // a digit begins to dial
    if (line.hidden) return;
    if (key === "#" && this.state !== "idle") {
      this.letters = !this.letters;
      return this.tick();
    }
    if (!this.letters || !LETTERS[key]) {
      line.value += key;
      return;
    }
    const again = this.tapped && this.tapped.key === key && Date.now() - this.tapped.at < TAP;
    const index = again ? (this.tapped.index + 1) % LETTERS[key].length : 0;
    line.value = (again ? line.value.slice(0, -1) : line.value) + LETTERS[key][index];
    this.tapped = { key, index, at: Date.now() };
  }

  move(by) {
    if (this.state !== "list") return this.$(".lcd").scrollBy({ top: by * 40 });
    this.chosen = Math.min(Math.max(this.chosen + by, 0), this.inbox.length - 1);
    this.list();
  }

  putAway() {
    this.hangUp("Incomplete");
    this.el.remove();
    shown.delete(this.number);
    offer();
  }

  // -- USSD, as Africa's Talking sends it ----------------------------------------------------------------------------
  dial(code) {
    const stem = setup.code.replace(/#$/, "");
    if (!code.startsWith(stem) || !code.endsWith("#")) {
      this.state = "ended";
      return this.show(code ? "Connection problem or invalid MMI code." : `Dial ${setup.code}`, "OK", "");
    }
    this.session = `ATUid_${hex(16)}`;
    this.heard = code.slice(stem.length, -1).replace(/^\*/, "");
    this.started = Date.now();
    this.hops = 0;
    this.lost("");
    transcript.begin(this);
    return this.ask(code, "dial");
  }

  say(text) {
    this.heard = this.heard === "" && this.hops === 1 ? text : `${this.heard}*${text}`;
    return this.ask(text, "say");
  }

  async ask(typed, what) {
    this.state = "waiting";
    this.show(T("Please wait …", "Patientez …"), "", "");
    const session = this.session;
    this.hops += 1;
    this.asked = { phoneNumber: this.number, serviceCode: setup.code, text: this.heard, sessionId: session, networkCode: "99999" };
    const reply = await this.post(`/ussd/africastalking/${setup.secret}`, this.asked);
    if (session !== this.session) return;
    const said = reply.ok && /^(CON|END) ([^]*)$/.exec(reply.text);
    transcript.turn(this, typed, said ? said[2] : NO_LINE);
    if (!said) return this.hangUp("Failed", NO_LINE);
    const open = said[1] === "CON";
    if (open) {
      this.state = "ussd";
      this.show(said[2], T("Send", "Envoyer"), T("Cancel", "Annuler"), "");
    } else this.hangUp("Success", said[2]);
    happened(this, what, typed, said[2], open);
  }

  // The gateway had no answer and asks once more: the same request, whatever the phone shows meanwhile.
  async repeat() {
    if (!this.asked) return;
    const reply = await this.post(`/ussd/africastalking/${setup.secret}`, this.asked);
    if (this.state === "ended") this.show(reply.text.replace(/^(CON|END) /, ""), "OK", "");
  }

  // The network ends the session: what a caller sees, and what is lost and kept.
  cut(text) {
    const open = this.session !== null;
    if (open) transcript.ended(this, text);
    this.hangUp("Incomplete", text);
    if (open) this.lost(T("What was not sent yet is gone, and is not offered again when somebody dials. What was sent is kept.",
      "Ce qui n'était pas encore envoyé est perdu, et n'est pas proposé à qui recompose. Ce qui était envoyé reste."));
  }

  lost(text) {
    this.$(".said").hidden = !text;
    this.$(".said").textContent = text;
  }

  // Networks end a session after one to three minutes, whoever is writing.
  count() {
    const lasts = Number(document.getElementById("lasts").value), box = this.$(".left-time");
    box.hidden = !lasts || this.session === null;
    if (box.hidden) return;
    const left = Math.max(0, lasts - (Date.now() - this.started) / 1000);
    box.querySelector("progress").value = left / lasts;
    box.querySelector("progress").setAttribute("aria-label", T("time that is left in the session", "temps qui reste dans la session"));
    box.querySelector("span").textContent = `${Math.ceil(left)} s`;
    if (!left) this.cut(T("The session is over.", "La session est finie."));
  }

  async hangUp(status, text) {
    const session = this.session;
    this.session = null;
    this.count();
    if (text) {
      this.state = "ended";
      this.show(text, "OK", "");
    } else this.idle();
    if (!session) return;
    if (status === "Incomplete") happened(this, "cut", "", text ?? "");
    await this.post(`/ussd/africastalking/${setup.secret}/end`, {
      date: stamp(), sessionId: session, serviceCode: setup.code, networkCode: "99999", phoneNumber: this.number, status,
      cost: "0", durationInMillis: String(Date.now() - this.started), hopsCount: String(this.hops), input: this.heard,
      lastAppResponse: text ?? "", errorMessage: "",
    });
  }

  // -- SMS -----------------------------------------------------------------------------------------------------------
  write() {
    this.state = "write";
    this.letters = true;
    this.show(`To: ${byTwilio() ? setup.sender : setup.shortcode}\nWrite:`, T("Send", "Envoyer"), T("Back", "Retour"), "");
  }

  async sms(text) {
    this.state = "ended";
    this.show(T("Message sent", "Message envoyé"), "OK", "");
    transcript.wrote(this, text);
    happened(this, "write", text, "");
    if (!byTwilio()) {
      await this.post(`/sms/africastalking/${setup.secret}`, {
        date: stamp(), from: this.number, id: hex(16), linkId: "", text, to: setup.shortcode, networkCode: "99999",
      });
      return;
    }
    const sid = `SM${hex(16)}`;
    const reply = await this.post("/sms/twilio", {
      ToCountry: "", SmsMessageSid: sid, NumMedia: "0", SmsSid: sid, SmsStatus: "received", Body: text, To: setup.sender,
      NumSegments: "1", MessageSid: sid, AccountSid: setup.account, From: this.number, ApiVersion: "2010-04-01",
    }, true);
    const said = new DOMParser().parseFromString(reply.text, "text/xml").querySelector("Message")?.textContent;
    if (said) this.receive({ provider: "twilio", text: said });
  }

  keep(message) {
    this.inbox.unshift({ from: message.provider === "twilio" ? setup.sender : setup.shortcode, text: message.text, read: false });
  }

  receive(message) {
    this.keep(message);
    this.rang = Date.now();
    transcript.came(this, message.text);
    this.el.classList.remove("rings");
    void this.el.offsetWidth; // so that a second message rings again
    this.el.classList.add("rings");
    if (this.state === "idle") {
      const typed = this.$(".line").value; // a message that comes meanwhile does not clear what is being dialled
      this.idle();
      this.$(".line").value = typed;
    }
    this.tick();
  }

  // -- the wire ------------------------------------------------------------------------------------------------------
  async post(path, form, signed = false) {
    const body = new URLSearchParams(form);
    const headers = {};
    try {
      if (signed) headers["X-Twilio-Signature"] = await (await fetch(`/simulator/sign?path=${path}`, { method: "POST", headers: OURS, body })).json();
      this.wire("out", `POST ${path.replace(setup.secret, "‹secret›")}\n${body}`);
      const began = performance.now();
      const response = await fetch(path, { method: "POST", body, headers });
      const text = await response.text();
      this.wire("in", `${response.status} ${response.headers.get("content-type")} · ${Math.round(performance.now() - began)} ms\n${text}`);
      return { ok: response.ok, text };
    } catch (error) {
      this.wire("in", "no answer");
      return { ok: false, text: "" };
    }
  }

  wire(way, text) {
    const item = document.createElement("li");
    item.className = way;
    item.textContent = `${way === "out" ? "→" : "←"} ${text}`;
    this.$(".wire").prepend(item);
    while (this.$(".wire").children.length > 60) this.$(".wire").lastChild.remove();
  }

  wireShown() {
    this.$(".wire").hidden = !document.getElementById("wires").checked;
  }
}
