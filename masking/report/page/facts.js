// What was run: headline, models, configuration.

function table(caption, pairs) {
  const made = element("table", {}, element("caption", {}, caption));
  const body = element("tbody");
  for (const [name, value] of pairs) {
    body.append(element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  }
  made.append(body);
  byId("facts-tables").append(made);
}

function shown(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === "" ? "–" : String(value);
}

function writeFacts() {
  const run = data.run;
  const masked = run.counts.masked;
  const share = run.images ? ` (${((100 * masked) / run.images).toFixed(1)} %)` : "";
  byId("headline").append(
    element("strong", {}, `${count(masked)} of ${count(run.images)} images masked${share}`),
    `, ${count(run.identities.finished)} of ${count(run.identities.all)} identities have a mask. `,
    `${run.interrupted ? "Interrupted after" : "Took"} ${duration(run.seconds)}, ended ${run.ended.replace("T", " ")}.`,
  );
  for (const sentence of run.stand_ins) {
    byId("stand-ins").append(element("li", {}, sentence));
  }
  byId("stand-ins").hidden = run.stand_ins.length === 0;
  table("Run", [
    ["Input folder", run.input_folder], ["Output folder", run.output_folder],
    ["Started", run.started], ["Ended", `${run.ended}${run.interrupted ? ", interrupted" : ""}`],
    ["Duration", duration(run.seconds)],
    ["Worked on in that time", `${count(run.worked_on)} images, ${run.images_per_second.toFixed(1)} a second`],
    ["Taken over from earlier runs", `${count(run.recorded)} images`],
    ["Videos", count(run.videos)], ["Workers", run.workers], ["Software", `${run.software.name} ${run.software.version}`],
    ["Python", `${run.software.python} on ${run.software.platform}`],
  ]);
  table("Models", [...Object.entries(run.models), ["fingerprint of all", run.fingerprints.models]]);
  for (const [section, options] of Object.entries(run.configuration)) {
    if (section !== "folders") {
      table(`[${section.toUpperCase()}]`, Object.entries(options).map(([key, value]) => [key.toUpperCase(), shown(value)]));
    }
  }
}
