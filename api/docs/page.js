// Shows the description of the interface, grouped by noun; everything is text, nothing is markup.
const place = document.getElementById("operations");
const find = document.getElementById("find");

const element = (name, text = "", kind = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

const section = (title, value) =>
  value === undefined ? [] : [element("div", title, "about"), element("pre", JSON.stringify(value, null, 2))];

const show = (path, method, operation) => {
  const one = element("details");
  one.dataset.text = `${method} ${path} ${operation.summary}`.toLowerCase();
  const line = element("summary");
  line.append(element("span", method, "method"), element("code", path), ` ${operation.summary}`);
  one.append(line);
  one.addEventListener("toggle", () => {
    if (one.childElementCount > 1) return;
    const parameters = operation.parameters.map(({ name, in: where, schema }) => ({ name, in: where, ...schema }));
    one.append(...section("Parameters", parameters.length ? parameters : undefined));
    one.append(...section("Body", operation.requestBody?.content), ...section("Answers", operation.responses));
  });
  return one;
};

const narrow = () => {
  const wanted = find.value.toLowerCase();
  for (const one of place.querySelectorAll("details")) one.hidden = !one.dataset.text.includes(wanted);
  for (const group of place.querySelectorAll("section")) group.hidden = !group.querySelector("details:not([hidden])");
};

const load = async () => {
  const { paths, components } = await (await fetch("/api/openapi.json")).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const [noun] = operation.tags;
      if (!groups.has(noun)) groups.set(noun, element("section")).get(noun).append(element("h2", noun));
      groups.get(noun).append(show(path, method, operation));
    }
  const shapes = element("section");
  shapes.append(element("h2", "shapes"), element("pre", JSON.stringify(components.schemas, null, 2)));
  place.replaceChildren(...groups.values(), shapes);
};

find.addEventListener("input", narrow);
load().catch(() => { place.textContent = "The description could not be loaded."; });
