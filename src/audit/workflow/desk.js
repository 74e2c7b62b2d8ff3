// The reviewer's desk: a form that needs no mouse. Every text is set as text, never as markup.

function element(name, { text = "", of = {}, inside = [] } = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(of)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

function table(caption, heads, rows) {
  const head = element("tr", { inside: heads.map((text) => element("th", { text, of: { scope: "col" } })) });
  const body = rows.map((row) => element("tr", {
    inside: row.map((text, n) => element(n ? "td" : "th", { text, of: n ? {} : { scope: "row" } })),
  }));
  return element("table", {
    inside: [
      element("caption", { text: caption }),
      element("thead", { inside: [head] }),
      element("tbody", { inside: body }),
    ],
  });
}

function ruled(rule) {
  const parts = [element("h4", { text: `By rule: ${rule.outcome}` })];
  if (rule.title) parts.push(element("p", { text: `${rule.title}. It asks: ${rule.asks}.` }));
  if (rule.looked) parts.push(element("p", { text: `It looked at: ${rule.looked}.` }));
  if (rule.needed) parts.push(element("p", { text: `What would decide it: ${rule.needed}.` }));
  if (rule.quote) {
    parts.push(element("blockquote", { text: rule.quote, inside: [element("footer", { text: rule.document })] }));
  }
  return element("section", { of: { class: "rule", "aria-label": "What the rule found" }, inside: parts });
}

function render({ model, el }) {
  const root = element("div", { of: { class: "audit-desk", "data-lm-suppress-shortcuts": "true", role: "form" } });
  const live = element("p", { of: { class: "said", role: "status" } });
  const body = element("div");
  root.append(body, live);
  el.append(root);

  const ask = (message) => model.send(message);
  const chosen = () => body.querySelector("input[type=radio]:checked")?.value ?? "";
  const field = (name) => body.querySelector(`[name=${name}]`);
  const save = () => ask({
    do: "answer", outcome: chosen(), reason: field("reason").value, evidence: field("evidence").value,
  });

  function draw() {
    const shown = model.get("shown");
    const focused = root.contains(document.activeElement) || document.activeElement === document.body;
    root.setAttribute("aria-label", shown.title);
    const progress = element("progress", {
      of: { max: shown.total, value: shown.answered, "aria-label": "Items answered" },
    });
    const choices = shown.outcomes.map(({ name, words }, n) => {
      const radio = element("input", { of: { type: "radio", name: "outcome", value: name } });
      radio.checked = shown.answer.outcome === name;
      const key = n < 9 ? [element("kbd", { text: String(n + 1) })] : [];
      return element("label", { inside: [radio, ...key, ` ${words}`] });
    });
    const reason = element("textarea", { of: { name: "reason", rows: 2 } });
    reason.value = shown.answer.reason;
    const evidence = element("input", { of: { name: "evidence", type: "text" } });
    evidence.value = shown.answer.evidence;
    const button = (text, act) => {
      const made = element("button", { text, of: { type: "button" } });
      made.addEventListener("click", act);
      return made;
    };
    const problem = element("p", { text: shown.problem, of: { class: "problem", role: "alert" } });
    const answer = element("section", {
      of: { class: "answer", "aria-label": "Your answer" },
      inside: [
        element("fieldset", { inside: [element("legend", { text: `Outcome: ${shown.attribute}` }), ...choices] }),
        element("label", { text: "Reason (r)", inside: [reason] }),
        element("label", { text: "Evidence, where to find it (e)", inside: [evidence] }),
        problem,
        element("p", {
          of: { class: "buttons" },
          inside: [
            button("Save (Ctrl+Enter)", save),
            button("Previous (p)", () => ask({ do: "go", to: "previous" })),
            button("Next (n)", () => ask({ do: "go", to: "next" })),
            button("Next open (o)", () => ask({ do: "go", to: "open" })),
            ...(shown.rule.outcome ? [button("Explain in full (x)", () => ask({ do: "explain" }))] : []),
          ],
        }),
      ],
    });
    const heading = element("h3", {
      text: `Item ${shown.number} of ${shown.total}: ${shown.unit} ${shown.case}, ${shown.attribute}`,
      of: { tabindex: "-1" },
    });
    body.replaceChildren(
      element("p", { of: { class: "progress" }, inside: [progress, ` ${shown.answered} of ${shown.total} answered`] }),
      heading,
      element("p", { text: `Office ${shown.office}; dated ${shown.dated}${shown.saved ? "; answered" : ""}` }),
      element("div", {
        of: { class: "columns" },
        inside: [
          element("div", {
            inside: [
              table("Timeline", ["When", "Table", "What"], shown.timeline),
              table("What the file shows", ["Fact", "Value"], shown.facts),
            ],
          }),
          element("div", {
            inside: [
              ...(shown.rule.outcome ? [ruled(shown.rule)] : []),
              answer,
              ...(shown.explained ? [element("p", { text: shown.explained, of: { class: "explained" } })] : []),
            ],
          }),
        ],
      }),
    );
    live.textContent = shown.said;
    if (focused) (shown.problem ? field("reason") : heading).focus({ preventScroll: true });
  }

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();  // the notebook has other uses for these keys
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      save();
      return;
    }
    const writing = event.target.matches("textarea, input[type=text]");
    if (event.key === "Escape") body.querySelector("h3").focus();
    if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
    const radios = body.querySelectorAll("input[type=radio]");
    const does = {
      r: () => field("reason").focus(),
      e: () => field("evidence").focus(),
      n: () => ask({ do: "go", to: "next" }),
      p: () => ask({ do: "go", to: "previous" }),
      o: () => ask({ do: "go", to: "open" }),
      x: () => ask({ do: "explain" }),
    }[event.key];
    const choice = radios[Number(event.key) - 1];
    if (choice) {
      choice.checked = true;
      choice.focus();
    } else if (does) {
      does();
    } else {
      return;
    }
    event.preventDefault();
  });

  model.on("change:shown", draw);
  draw();
  return () => model.off("change:shown", draw);
}

export default { render };
