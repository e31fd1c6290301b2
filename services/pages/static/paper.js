// The print button, for whoever does not know the keys; without this script there is none.
"use strict";
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
