// Where an image's pictures are: embedded in the page, or files beside it.

const KINDS = [["photo", "Photo"], ["overlay", "Overlay"], ["mask_only", "Mask"]].filter(([kind]) => data.pictures.kinds.includes(kind));
const JPEG = "data:image/jpeg;base64,";

function fileOf(index, kind) {
  const { identity, video, image, status, hasPhoto } = row(index);
  // In a flat folder of photos an identity is no folder, and what lies elsewhere was never read.
  const folders = data.pictures.flat ? [] : [identity, ...video.split("/")].filter(Boolean).map(quoted);
  if (kind === "photo") return hasPhoto ? [data.pictures.photo_folder, ...folders, quoted(image)].join("/") : null;
  if (status !== "masked") return null;
  const kept = data.pictures.flat_backup ? [] : folders;
  return `${["images", ...kept, quoted(image.replace(/\.[^.]*$/, ""))].join("/")}_${kind}.png`;
}

function thumbnailOf(index, kind) {
  if (!data.pictures.embedded) return fileOf(index, kind);
  const content = data.thumbnails[index]?.[data.pictures.kinds.indexOf(kind)];
  return content ? JPEG + content : null;
}

function missing(status, kind) {
  const text = status !== "masked" && kind !== "photo" ? "no mask" : "not shown";
  return element("div", { className: "picture none" }, text);
}

function figure(index, kind, label, large) {
  const source = thumbnailOf(index, kind);
  if (!source) return element("figure", {}, missing(row(index).status, kind), element("figcaption", {}, label));
  const picture = element("img", { className: "picture", alt: `${label} of ${row(index).image}`, loading: "lazy", decoding: "async" });
  picture.addEventListener("error", () => picture.replaceWith(missing("masked", kind)), { once: true });
  picture.src = source;
  if (large && data.pictures.embedded) {
    // The thumbnail stands until the file itself is there; a report that was sent to somebody has only thumbnails.
    const whole = new Image();
    whole.addEventListener("load", () => { picture.src = whole.src; }, { once: true });
    whole.src = fileOf(index, kind);
  }
  return element("figure", {}, picture, element("figcaption", {}, label));
}
