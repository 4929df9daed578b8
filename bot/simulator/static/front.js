// The front page works without this: it prints with every step shown, and changes the language at once.
"use strict";
const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());
document.getElementById("in").addEventListener("change", (event) => event.target.form.submit());
let shut = [];
addEventListener("beforeprint", () => {
  shut = [...document.querySelectorAll("details:not([open])")];
  shut.forEach((one) => { one.open = true; });
});
addEventListener("afterprint", () => shut.forEach((one) => { one.open = false; }));
