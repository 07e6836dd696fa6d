"use strict";
// File names come from strangers: they reach the page as text only, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

const row = (index) => {
  const [identity, video, image, status, reason, score, coverage, survivor, seconds, recorded, hasPhoto] = data.rows[index];
  return {
    identity: data.identities[identity], video: data.videos[video], image, status: data.statuses[status],
    reason: data.reasons[reason], score, coverage, survivor, seconds, recorded, hasPhoto,
  };
};
const pathOf = ({ identity, video, image }) => [identity, video, image].filter(Boolean).join("/");

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && !key.startsWith("aria")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Python hands on bytes that are no UTF-8 as the code points U+DC80 to U+DCFF, one a byte.
const strayByte = (character) => {
  const code = character.charCodeAt(0);
  return character.length === 1 && code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : null;
};

const quoted = (name) => [...name].map((character) => {
  const byte = strayByte(character);
  return byte === null ? encodeURIComponent(character) : `%${byte.toString(16)}`;
}).join("");

function asFile(text, type) {
  const parts = [...text].map((character) => {
    const byte = strayByte(character);
    return byte === null ? character : new Uint8Array([byte]);
  });
  return new Blob(parts, { type });
}

function download(name, blob) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// As masking/report/spreadsheet.py: no spreadsheet takes a cell for a formula.
const plainCell = (text) => text.replace(/(?<=^|[;\t\r\n])(?=[=+\-@\t\r\n'\uff1d\uff0b\uff0d\uff20])/g, "'");
const csvCell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const csvLine = (cells) => `${cells.map((cell) => csvCell(plainCell(String(cell ?? "")))).join(",")}\r\n`;

const count = (number) => number.toLocaleString("en");
const decimals = (number, digits) => (number === null ? "–" : number.toFixed(digits));
function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.floor(seconds % 60);
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
