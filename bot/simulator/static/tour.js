// The story beside the phones: which step is next, and what is done. It is ticked off by what the phones show, not by
// clicks. Digits are read from the living page, so that a list that is longer today does not mislead.
"use strict";

const tour = {
  scene: 0, step: 0, code: "", date: "", spot: null,

  begin() {
    this.scenes = setup.story.scenes;
    const kept = JSON.parse(sessionStorage.getItem(this.name()) ?? "{}");
    if (kept.scene < this.scenes.length) Object.assign(this, kept, { step: 0 });
    listeners.push((...news) => this.hear(...news));
    document.getElementById("in").addEventListener("change", (event) => event.target.form.submit());
    document.getElementById("bring").addEventListener("click", () => {
      const phone = this.phone();
      bring(phone);
      phone.el.scrollIntoView({ block: narrow.matches ? "start" : "nearest" });
    });
    document.querySelectorAll(".scenes > li").forEach((item) => item.querySelector("summary").addEventListener("dblclick", () => this.go(Number(item.dataset.scene))));
    this.go(this.scene);
  },

  name() { return `ijwi:${setup.story.name}`; },
  now() { return this.scenes[this.scene]; },
  next() { return this.now()?.steps[this.step]; },

  go(scene) {
    Object.assign(this, { scene, step: 0, page: "" });
    sessionStorage.setItem(this.name(), JSON.stringify({ scene, code: this.code, date: this.date }));
    if (this.now() && this.now().who !== "clock") this.phone();
    this.draw();
  },

  // Whose turn it is; of two of whom one is rung, the one that rang last.
  phone() {
    if (!this.now() || this.now().who === "clock") return null;
    const people = this.now().who.split("|").map((ref) => setup.phones.find((one) => one.ref === ref));
    const rung = archive.filter((message) => people.some((one) => one.number === message.phone)).at(-1);
    return add(people.find((one) => one.number === rung?.phone) ?? people[0]);
  },

  fill(text) {
    if (text.includes("@date") && !this.date) {
      const day = new Date(clock.local().getTime() + setup.days * 86400e3);
      this.date = `${day.getUTCDate()}/${day.getUTCMonth() + 1}`;
    }
    return text.replace("@code", this.code).replace("@date", this.date);
  },

  // The digit before a line of the page; where it is on a later page, the key that turns.
  digit(label) {
    const lines = (this.page ?? "").split("\n").map((line) => /^(\d+) (.*)$/.exec(line)).filter(Boolean);
    return lines.find((line) => line[2] === label)?.[1];
  },

  // The reports of a list, which are called by their class and a number, with a mark before those that are late: [digit, number].
  tasks() {
    return (this.page ?? "").split("\n").map((line) => /^(\d+) (?:! )?[^\d,]+, [^\d,]+ (\d+)$/.exec(line)).filter(Boolean).map((line) => [line[1], Number(line[2])]);
  },

  // What is to be pressed or typed now, or null where this step falls away.
  key(one) {
    if (one.do === "type" && one.key === "1" && !one.label && this.tasks().length)
      return this.tasks().reduce((a, b) => (b[1] > a[1] ? b : a))[0]; // the newest, whoever has told before
    if (one.do !== "press") return this.fill(one.key);
    const found = this.digit(this.fill(one.label));
    return one.maybe === "yes" && !found ? null : found ?? one.key;
  },

  hear(phone, what, typed, page, open) {
    const one = this.next();
    if (!one) return;
    const code = /\b\d{4} \d{4}\b/.exec(page);
    if (code && phone?.ref === "she" && what === "say") this.code = code[0].replace(" ", "");
    if (what === "clock") return one.do === "clock" && one.key === typed ? this.tick(true) : undefined;
    if (what === "rang") return this.draw();
    if (!phone || phone !== this.phone()) return;
    const right = { dial: "dial", sms: "sms", write: "write", say: ["press", "type"] }[what] ?? "";
    if (what === "cut" && this.step > 0 && one.do !== "sms") return this.again(T("The talk has ended before its end.", "La conversation s'est arrêtée avant la fin."));
    if (!right.includes(one.do) || right === "") return;
    if (what === "say" && typed !== this.key(one)) return this.other(page, open);
    if (what === "write" && typed.trim().toUpperCase() !== one.key.toUpperCase()) return this.draw(T("Other words were sent.", "D'autres mots sont partis."));
    if (typed !== "9" && !this.fits(page)) return this.differs(page, open); // figures decide where a page ends
    this.page = page;
    this.tick(open !== false);
  },

  // The first line of a page without what varies: figures and days of the week. What a step says is written so.
  steady(text) {
    const day = setup.weekdays.reduce((line, name) => line.replaceAll(name, "#"), text.split("\n")[0]);
    return day.replace(/\d+/g, "#");
  },

  // Whether a page is what the step says. A step that falls away on some days shows the page of one beside it.
  fits(page) {
    const steps = this.now().steps, said = [], was = this.page;
    for (let at = this.step; at < steps.length; at += 1) {
      if (at > this.step && steps[at].maybe !== "yes") break;
      said.push(steps[at].sees);
    }
    for (let at = this.step; at > 0 && steps[at].maybe === "yes"; at -= 1) said.push(steps[at - 1].sees);
    this.page = page;
    const waits = steps[this.step + 1]?.maybe === "yes" && this.digit(this.fill(steps[this.step + 1].label));
    this.page = was;
    const seen = this.steady(page), texts = said.filter(Boolean).map((text) => this.steady(text));
    return Boolean(waits) || !texts.length || texts.some((text) => text.endsWith("…") ? seen.startsWith(text.slice(0, -1)) : seen === text);
  },

  // The right key, and another page than the story's: an older report, or a talk that went another way.
  differs(page, open) {
    const many = this.tasks().length > 1;
    if (open !== undefined) this.page = page;
    const why = T("The phone shows something else than the story.", "Le téléphone montre autre chose que l'histoire.");
    const anew = T("Others may have tried before you: press Begin anew.", "D'autres ont peut-être essayé avant vous : pressez Tout recommencer.");
    if (open === false) return this.again(`${why} ${anew}`);
    const back = open ? T("0 goes back.", "0 revient.") : T("Look whether there is a newer message.", "Voyez s'il y a un message plus récent.");
    this.draw(`${why} ${many ? `${anew} ${back}` : `${back} ${anew}`}`);
  },

  // Another key than the one asked for: the way may still lead on.
  other(page, open) {
    this.page = page;
    if (!open) return this.again(T("That was another key, and the talk has ended.", "C'était une autre touche, et la conversation est finie."));
    this.draw(T("That was another key. 0 goes back; or press the red key and dial again.", "C'était une autre touche. 0 revient ; ou pressez la touche rouge et recomposez."));
  },

  // The talk of this scene begins anew, from the dialling.
  again(why) {
    this.step = Math.max(0, this.now().steps.findIndex((one) => one.do === "dial"));
    this.page = "";
    this.draw(`${why} ${T("Dial again.", "Recomposez.")}`);
  },

  tick(open) {
    this.step += 1;
    while (this.next() && this.next().do === "press" && this.key(this.next()) === null) this.step += 1;
    if (!this.next()) return this.go(this.scene + 1);
    if (!open && ["press", "type"].includes(this.next().do)) return this.again(T("The phone shows another end than the story.", "Le téléphone montre une autre fin que l'histoire."));
    this.draw();
    const one = this.next();
    if (this.tasks().length > 1 && one.do === "type") document.getElementById("wrong").textContent =
      T("The list has more than one: the newest is meant. Press Begin anew to start with none.", "La liste en a plus d'un : on prend le plus récent. Tout recommencer la vide.");
  },

  // -- what is seen --------------------------------------------------------------------------------------------------
  what(one) {
    const key = (text) => Object.assign(document.createElement("kbd"), { textContent: text });
    const words = {
      dial: () => [T("Dial ", "Composez "), key(one.key), T(", then the green key.", ", puis la touche verte.")],
      sms: () => [T("Wait for it to ring, then read the message: ", "Attendez la sonnerie, puis lisez le message : "), key(T("Read", "Lire")), "."],
      write: () => [T("Write an SMS: ", "Écrivez un SMS : "), key(T("Write", "Écrire")), T(", type ", ", tapez "), key(one.key), ", ", key(T("Send", "Envoyer")), "."],
      clock: () => [T("Move the clock on: ", "Avancez l'horloge : "), key(setup.moves[one.key]), "."],
      type: () => [T("Type ", "Tapez "), key(this.key(one)), one.label ? ` · ${one.label}` : "", T(", then Send.", ", puis Envoyer.")],
      press: () => [key(this.key(one)), ` ${this.fill(one.label)}`, T(", then Send.", ", puis Envoyer.")],
    };
    return words[one.do]();
  },

  draw(wrong = "") {
    const at = (id) => document.getElementById(id), one = this.next(), all = this.scenes.flatMap((scene) => scene.steps).length;
    const before = this.scenes.slice(0, this.scene).flatMap((scene) => scene.steps).length + this.step;
    at("done").max = all;
    at("done").value = before;
    at("count").textContent = T(`${before} of ${all} steps`, `${before} étapes sur ${all}`);
    at("wrong").textContent = wrong;
    const phone = one ? this.phone() : null;
    at("bring").hidden = !phone;
    at("whose").textContent = !one ? T("The end", "Fin") : phone ? `${called(phone)} ${phone.number}` : T("The clock, above the phones", "L'horloge, au-dessus des téléphones");
    at("why").textContent = one ? this.now().why : T("That was the whole story. Try another, or your own.", "C'était toute l'histoire. Essayez-en une autre, ou la vôtre.");
    at("what").replaceChildren(...(one ? this.what(one) : []));
    at("then").textContent = one && one.do !== "clock" ? one.sees.replaceAll("#", "…") : "";
    at("then").hidden = !at("then").textContent;
    shown.forEach((other) => other.el.classList.toggle("asked", other === phone));
    document.querySelectorAll("#clock [data-by]").forEach((button) => button.classList.toggle("asked", one?.do === "clock" && button.dataset.by === one.key));
    document.querySelectorAll(".scenes > li").forEach((item, index) => {
      item.classList.toggle("done", index < this.scene);
      if (index === this.scene && !item.classList.contains("here")) item.querySelector("details").open = !narrow.matches;
      if (index !== this.scene && item.classList.contains("here")) item.querySelector("details").open = false;
      item.classList.toggle("here", index === this.scene);
      item.querySelectorAll("ol li").forEach((step, number) => {
        step.classList.toggle("ok", index < this.scene || (index === this.scene && number < this.step));
        if (index === this.scene && number === this.step) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
      });
    });
  },
};
