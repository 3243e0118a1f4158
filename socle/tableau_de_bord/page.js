(() => {
  const D = JSON.parse(document.getElementById("donnees").textContent);
  const TOUS = "TOUS";
  const tous = (selecteur, racine = document) => [...racine.querySelectorAll(selecteur)];
  const [fEj, fProgramme, fEtat] = ["filtre-ej", "filtre-programme", "filtre-etat"].map((i) => document.getElementById(i));
  const ejs = [...fEj.options].map((o) => o.value).filter(Boolean);

  const { nombre, pourcentage, objectif, points } = formats;

  function creer(nom, attributs = {}, ...enfants) {
    const element = document.createElement(nom);
    for (const [cle, valeur] of Object.entries(attributs)) {
      if (valeur !== null && valeur !== false) element.setAttribute(cle, valeur === true ? "" : valeur);
    }
    element.append(...enfants.filter((e) => e !== null));
    return element;
  }

  // Rows of the page's data, named.
  const mesures = (finess, code, axe) => {
    const [premier, longueur, ...colonnes] = D.series[finess]?.[code]?.[axe] ?? [0, 0];
    const lignes = Array.from({ length: longueur }, (_, i) => {
      const [numerateur, denominateur, cible, traces, constate, motif] = colonnes.map((c) => (Array.isArray(c) ? c[i] : c));
      const part = (n) => (denominateur && motif === null && n !== null ? (100 * n) / denominateur : null);
      const [taux, tauxNational] = [part(numerateur), part(constate ?? traces)];
      const [debut, fin, periode] = D.periodes[premier + i];
      const complete = !D.incompletes[finess].includes(premier + i);
      return { debut, fin, periode, complete, numerateur, denominateur, taux, cible, traces, constate, tauxNational, motif };
    });
    return lignes.filter((l) => l.numerateur !== null);
  };

  const LANGUE = {
    formatLocale: { decimal: ",", thousands: "\u202f", grouping: [3], currency: ["", "\u00a0€"], percent: "\u00a0%" },
    timeFormatLocale: {
      dateTime: "%A %e %B %Y à %X", date: "%d/%m/%Y", time: "%H:%M:%S", periods: ["", ""],
      days: ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
      shortDays: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
      months: ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
      shortMonths: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    },
  };

  // Room beside a bar: on a phone, the number without its share.
  const serrer = (cadre, lignes) => (cadre.clientWidth > 420 ? lignes : lignes.map((l) => ({ ...l, texte: l.texte.split(" (")[0] })));

  function dessiner(cadre, nom, lignes, parametres, description) {
    const modele = JSON.parse(JSON.stringify(D.graphiques[nom]));
    const jeu = { evolution: "mesures", entonnoir: "etapes", axes: "axes" }[nom];
    modele.datasets = { [jeu]: lignes };
    if (nom === "evolution") modele.layer = modele.layer.filter((l) => lignes.some((r) => r[l.encoding.y.field] !== null));
    else {
      modele.height *= lignes.length;
      modele.config.axis.labelLimit = Math.min(300, cadre.clientWidth * 0.58);
    }
    modele.params = modele.params.map((p) => (p.name in parametres ? { ...p, value: parametres[p.name] } : p));
    // The interpreter of expressions: the page forbids the evaluation of text.
    return window.vegaEmbed(cadre, modele, { actions: false, renderer: "svg", ast: true, ...LANGUE })
      .then(() => {
        // Vega speaks English to screen readers, mark by mark: one French sentence instead, and the table.
        cadre.removeAttribute("aria-roledescription");
        cadre.setAttribute("role", "img");
        cadre.setAttribute("aria-label", description);
        tous("svg", cadre).forEach((svg) => svg.setAttribute("aria-hidden", "true"));
      })
      .catch((erreur) => {
        cadre.textContent = "Graphique indisponible : lisez le tableau.";
        throw erreur;
      });
  }

  const CLE = {
    local: '<svg width="22" height="10" aria-hidden="true"><path d="M0 5h22" stroke="var(--bleu)" stroke-width="2.4"/><circle cx="11" cy="5" r="3.6" fill="var(--bleu)"/></svg>',
    cible: '<svg width="22" height="10" aria-hidden="true"><path d="M0 5h22" stroke="var(--orange)" stroke-width="1.6" stroke-dasharray="6 4"/></svg>',
    national: '<svg width="12" height="12" aria-hidden="true"><path d="M6 1l4 5-4 5-4-5z" fill="none" stroke="var(--violet)" stroke-width="1.6"/></svg>',
    hors: '<svg width="12" height="12" aria-hidden="true"><path d="M6 1.5l4.6 8.5H1.4z" fill="none" stroke="var(--violet)" stroke-width="1.6"/></svg>',
    incomplet: '<svg width="12" height="10" aria-hidden="true"><circle cx="6" cy="5" r="3.6" fill="var(--papier)" stroke="var(--bleu)" stroke-width="1.6"/></svg>',
  };
  function cle(nom, texte) {
    const element = creer("span");
    element.innerHTML = CLE[nom];
    element.append(texte);
    return element;
  }

  function tableau(titre, entetes, lignes) {
    const corps = creer("tbody", {}, ...lignes.map((cellules) =>
      creer("tr", {}, ...cellules.map((c, i) => (i ? creer("td", { class: "n" }, c) : creer("th", { scope: "row" }, c))))));
    const tete = creer("thead", {}, creer("tr", {}, ...entetes.map((e, i) => creer("th", { scope: "col", class: i ? "n" : null }, e))));
    const champ = (v) => (/[";\n]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v);
    // As a spreadsheet of the country reads it: plain spaces, a semicolon, the mark of UTF-8.
    const csv = "\ufeff" + [entetes, ...lignes].map((l) => l.map((v) => champ(String(v).replace(/[\u00a0\u202f]/g, " "))).join(";")).join("\r\n");
    return creer("details", {}, creer("summary", {}, "Lire les valeurs en tableau"),
      creer("a", { class: "csv", download: `${titre.replace(/[^\p{L}\p{N}]+/gu, "_").slice(0, 60)}.csv`, href: `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}` }, "Télécharger en CSV"),
      creer("div", { class: "cadre", tabindex: "0", role: "region", "aria-label": titre },
        creer("table", {}, creer("caption", { class: "invisible" }, titre), tete, corps)));
  }

  function figureEvolution(finess, code, axe) {
    const [libelle, , , , unites, nature] = D.indicateurs[code];
    const serie = mesures(finess, code, axe);
    const compte = nature === "compte";
    const vu = (m) => (compte ? m.motif === null : m.taux !== null);
    while (serie.length && !vu(serie[0])) serie.shift();
    const visibles = serie.filter(vu);
    const cadre = creer("div", { class: "dessin" });
    const aCible = visibles.some((m) => m.cible !== null);
    const aNational = visibles.some((m) => m.tauxNational !== null);
    const cles = creer("span", { class: "cles" }, cle("local", "établissement"),
      aCible ? cle("cible", "cible") : null, aNational ? cle("national", "national") : null,
      visibles.some((m) => m.tauxNational > 125) ? cle("hors", "national, plus de 125\u00a0%") : null,
      visibles.some((m) => !m.complete) ? cle("incomplet", "période incomplète") : null);
    const figure = creer("figure", {}, creer("figcaption", {}, creer("span", {}, compte ? `Nombre de ${unites}` : "Évolution du taux"), cles), cadre);
    if (!visibles.length) {
      figure.querySelector(".cles").remove();
      cadre.replaceWith(creer("p", { class: "vide" }, "Aucune valeur sur la période."));
      return [figure, null];
    }
    const valeurs = visibles.map((m) => (compte ? m.numerateur : m.taux));
    const nationaux = visibles.map((m) => m.tauxNational).filter((v) => v !== null);
    const haut = compte ? Math.max(5, ...valeurs) * 1.1 : Math.max(...valeurs, ...nationaux) > 100 ? 125 : 100;
    const lignes = serie.map((m) => ({
      // Under its month: a rolling quarter stands at the month that ends it.
      jour: m.debut.slice(0, 7) === m.fin.slice(0, 7) ? m.debut : `${m.fin.slice(0, 7)}-01`, periode: m.periode + (m.complete ? "" : " (incomplète)"), complete: m.complete,
      taux: compte ? (m.motif === null ? m.numerateur : null) : m.taux, cible: m.cible,
      national_vu: m.tauxNational === null ? null : Math.min(m.tauxNational, haut), hors: m.tauxNational !== null && m.tauxNational > haut,
      texte_taux: compte ? nombre(m.numerateur) : `${pourcentage(m.taux, m.cible)} (${nombre(m.numerateur)} / ${nombre(m.denominateur)})`,
      texte_cible: objectif(m.cible), texte_national: pourcentage(m.tauxNational),
    }));
    const derniere = visibles[visibles.length - 1];
    const description = `${libelle}. ${visibles.length} périodes, de ${visibles[0].periode} à ${derniere.periode}. ` +
      `Dernière valeur : ${compte ? nombre(derniere.numerateur) : pourcentage(derniere.taux, derniere.cible)}` +
      `${derniere.cible === null || compte ? "" : `, cible ${objectif(derniere.cible)}`}. Les valeurs sont dans le tableau qui suit.`;
    const entetes = compte ? ["Période", "Nombre"]
      : ["Période", "Numérateur", "Dénominateur", "Taux", "Cible", "National : traces", "constaté", "Taux national", "Écart"];
    const rangees = [...serie].reverse().map((m) => {
      const periode = m.periode + (m.complete ? "" : " (incomplète)");
      if (compte) return [periode, m.motif === null ? nombre(m.numerateur) : m.motif ?? "—"];
      const ecart = points(m.taux === null || m.tauxNational === null ? null : m.tauxNational - m.taux);
      return [periode, nombre(m.numerateur), nombre(m.denominateur), m.taux === null ? m.motif ?? "—" : pourcentage(m.taux, m.cible),
        objectif(m.cible), nombre(m.traces), nombre(m.constate), pourcentage(m.tauxNational), ecart];
    });
    figure.append(tableau(`${libelle}, par période`, entetes, rangees));
    const unite = compte ? "" : "\u00a0%";
    return [figure, () => dessiner(cadre, "evolution", lignes, { haut, texte_unite: unite }, description)];
  }

  function figureEntonnoir(finess, code) {
    const parPeriode = D.entonnoirs[finess]?.[code];
    if (!parPeriode) return [null, null];
    const rangs = Object.keys(parPeriode).map(Number).sort((a, b) => (D.periodes[a][1] < D.periodes[b][1] ? 1 : -1));
    const voulu = D.situations[finess]?.[code];
    const choix = creer("select", { "aria-label": "Période de l’entonnoir" },
      ...rangs.map((r) => creer("option", { value: String(r), selected: r === voulu }, D.periodes[r][2])));
    const cadre = creer("div", { class: "dessin" });
    const suite = creer("div");
    const figure = creer("figure", {}, creer("figcaption", {}, creer("span", {}, "Où s’arrêtent les documents"), choix), cadre, suite);
    const tracer = () => {
      const rang = Number(choix.value);
      const nbs = parPeriode[rang];
      const total = nbs.reduce((a, b) => a + b, 0);
      const texte = (n) => `${nombre(n)} (${pourcentage((100 * n) / total)})`;
      const lignes = nbs.map((nb, ordre) => ({ etape: D.etapes[ordre], nb, texte: nb ? texte(nb) : "0", arrivee: ordre === nbs.length - 1 }));
      suite.replaceChildren(tableau(`Entonnoir, ${D.periodes[rang][2]}`, ["Étape atteinte", "Nombre"],
        [...lignes.map((l) => [l.etape, l.texte]), ["Total : dénominateur", nombre(total)]]));
      const arrets = lignes.slice(0, -1).filter((l) => l.nb).map((l) => `${l.etape} : ${l.nb}`).join(" ; ");
      return dessiner(cadre, "entonnoir", serrer(cadre, lignes), { plafond: Math.max(...nbs) * 1.45 },
        `Entonnoir, ${D.periodes[rang][2]} : ${nbs[nbs.length - 1]} sur ${total} au DMP. ${arrets}.`);
    };
    choix.addEventListener("change", tracer);
    return [figure, tracer];
  }

  function figureAxes(finess, code) {
    const series = D.series[finess]?.[code] ?? {};
    const noms = Object.keys(series).filter((a) => a !== TOUS);
    if (!noms.length) return [null, null];
    const compte = D.indicateurs[code][5] === "compte";
    const dernieres = noms.map((axe) => [axe, mesures(finess, code, axe).filter((m) => m.complete).pop()]).filter(([, m]) => m);
    if (!dernieres.length) return [null, null];
    const fin = dernieres.map(([, m]) => m.fin).sort().pop();
    const lignes = dernieres.filter(([, m]) => m.fin === fin).map(([axe, m]) => ({
      axe: D.axes[axe] ?? axe, valeur: compte ? m.numerateur : m.taux,
      texte: compte ? nombre(m.numerateur) : `${pourcentage(m.taux)} (${nombre(m.numerateur)} / ${nombre(m.denominateur)})`,
    })).sort((a, b) => b.valeur - a.valeur);
    const periode = dernieres.find(([, m]) => m.fin === fin)[1].periode;
    const titre = `${{ profil: "Par profil", "nature de la venue": "Par nature de venue" }[D.indicateurs[code][6]] ?? "Par type de document"}, ${periode}`;
    const cadre = creer("div", { class: "dessin" });
    const figure = creer("figure", {}, creer("figcaption", {}, titre), cadre,
      tableau(titre, ["Modalité", compte ? "Nombre" : "Taux"], lignes.map((l) => [l.axe, l.texte])));
    const plafond = (compte ? Math.max(1, ...lignes.map((l) => l.valeur)) : 100) * 1.5;
    return [figure, () => dessiner(cadre, "axes", serrer(cadre, lignes), { plafond }, `${titre} : ${lignes.map((l) => `${l.axe} ${l.texte}`).join(" ; ")}.`)];
  }

  // Who must be called: the structures of one level, those with most to do first.
  function blocServices(finess, code) {
    const comptes = D.services[finess]?.[code];
    const regle = D.indicateurs[code][9];
    if (!comptes) return null;
    const noms = { SERVICE: "Service", POLE: "Pôle", UF: "UF" };
    const dits = { SERVICE: "Par service", POLE: "Par pôle", UF: "Par unité fonctionnelle" };
    const structures = D.structures[finess];
    const niveaux = Object.keys(noms).filter((n) => comptes.some(([r]) => structures[r][0] === n));
    const choix = creer("select", { "aria-label": "Niveau" }, ...niveaux.map((n) => creer("option", { value: n }, dits[n])));
    const place = creer("div");
    const tracer = () => {
      const cache = "caché";
      const lignes = comptes.filter(([r]) => structures[r][0] === choix.value).map(([r, d, n]) => [
        structures[r][1], d === undefined || n === null ? cache : nombre(d - n), d === undefined || n === null ? cache : nombre(n),
        d === undefined ? cache : nombre(d), d === undefined || n === null ? cache : pourcentage((100 * n) / d),
      ]);
      const details = tableau(`${dits[choix.value]}, ${D.indicateurs[code][0]}`, [noms[choix.value], "À faire", "Comptés", "Sur", "Taux"], lignes);
      details.open = true;
      place.replaceChildren(details);
    };
    choix.addEventListener("change", tracer);
    tracer();
    return creer("div", { class: "services" }, creer("p", { class: "titre" }, creer("b", {}, "Qui appeler"), choix), creer("p", { class: "note" }, regle ?? ""), place);
  }

  // From the number to its proof: the command that lists its units, and the SQL that chose them.
  function blocPreuve(finess, code) {
    const [, , , , , nature, , , sql] = D.indicateurs[code];
    if (nature === "declaratif" || !sql) return null;
    return creer("p", { class: "preuve" }, creer("b", {}, "Preuve"), "Les unités, une par une : ", creer("code", {}, `socle selections ${code} --finess ${finess} --csv`),
      creer("br"), "Qui est compté, et pourquoi : ", creer("code", {}, sql));
  }

  function remplir(corps) {
    const finess = corps.closest("[data-ej]").dataset.ej;
    const code = corps.dataset.code;
    const [, definition, lecture, , , nature, , source] = D.indicateurs[code];
    const series = D.series[finess]?.[code] ?? {};
    const axes = Object.keys(series);
    const detail = creer("div", { class: "detail" }, creer("div", { class: "texte" },
      creer("p", {}, creer("b", {}, "Définition"), definition), creer("p", {}, creer("b", {}, "Lecture retenue"), `${lecture} `),
      creer("p", {}, creer("b", {}, "Guide"), source), blocPreuve(finess, code)));
    const figures = creer("div", { class: "figures" });
    const traces = [];
    const ajouter = ([figure, tracer]) => {
      if (figure) figures.append(figure);
      if (tracer) traces.push(tracer);
    };
    if (!axes.length) {
      detail.append(creer("p", { class: "vide" }, "Aucune période mesurée pour cet établissement."));
    } else if (nature !== "declaratif") {
      if (axes.length > 1 || axes[0] !== TOUS) {
        const place = creer("div");
        const poids = (a) => (a === TOUS ? Infinity : mesures(finess, code, a).reduce((somme, m) => somme + m.numerateur, 0));
        axes.sort((a, b) => poids(b) - poids(a));
        const choix = creer("select", { "aria-label": "Modalité de la courbe" },
          ...axes.map((a) => creer("option", { value: a }, D.axes[a] ?? a)));
        const changer = () => {
          const [figure, tracer] = figureEvolution(finess, code, choix.value);
          place.replaceChildren(choix, figure);
          return tracer?.();
        };
        choix.addEventListener("change", changer);
        figures.append(place);
        traces.push(changer);
        ajouter(figureAxes(finess, code));
      } else {
        ajouter(figureEvolution(finess, code, TOUS));
        ajouter(figureEntonnoir(finess, code));
      }
      if (figures.children.length < 2) figures.classList.add("seule");
      detail.append(figures);
    }
    const services = blocServices(finess, code);
    if (services) detail.append(services);
    corps.querySelector(".panneau > td").append(detail);
    return Promise.all(traces.map((tracer) => tracer()));
  }

  function deplier(corps, ouvrir) {
    const bouton = corps.querySelector(".deplier");
    const panneau = corps.querySelector(".panneau");
    bouton.setAttribute("aria-expanded", String(ouvrir));
    corps.classList.toggle("ouvert", ouvrir);
    panneau.hidden = !ouvrir;
    return ouvrir && !panneau.querySelector(".detail") ? remplir(corps) : Promise.resolve();
  }
  document.getElementById("situation").addEventListener("click", (e) => {
    const bouton = e.target.closest(".deplier");
    if (bouton) deplier(bouton.closest(".indicateur"), bouton.getAttribute("aria-expanded") !== "true");
  });

  // Where the detail of an indicator goes: without this script there is none.
  tous(".indicateur").forEach((corps) => {
    const id = `panneau-${corps.id}`;
    corps.querySelector(".deplier").setAttribute("aria-controls", id);
    corps.append(creer("tr", { class: "panneau", hidden: true }, creer("td", { colspan: "6", id })));
  });

  // Laid out as blocks on a phone, a table is one for a screen reader only if it says so.
  const ROLES = { THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  tous(".indicateurs, .ensemble").forEach((table) => {
    table.setAttribute("role", "table");
    tous("thead, tbody, tr, td, th", table).forEach((e) => e.setAttribute("role", ROLES[e.tagName] ?? (e.scope === "col" ? "columnheader" : "rowheader")));
  });

  // Filters: what the hash says is what is shown, so that a view can be sent or bookmarked.
  function montrer() {
    const [ej, programme, etat] = [fEj.value, fProgramme.value, fEtat.value];
    const garde = (element) => (!ej || element.dataset.ej === ej) && (!programme || !element.dataset.programme || element.dataset.programme === programme);
    tous(".ensemble tbody tr").forEach((l) => { l.hidden = Boolean(ej) && l.dataset.ej !== ej; });
    let rang = 0;
    tous(".portee li").forEach((li) => { li.hidden = !garde(li) || ++rang > 3; });
    document.getElementById("portee-vide").hidden = rang > 0;
    document.getElementById("portee").hidden = etat !== "" && etat !== "NON_ATTEINT";

    tous(".comparaison").forEach((bloc) => {
      tous("tbody tr", bloc).forEach((ligne) => {
        const cellules = tous("td", ligne);
        cellules.forEach((c) => {
          const hors = etat !== "" && c.dataset.etat !== etat;
          c.classList.toggle("attenue", hors);
          c.inert = hors;
        });
        ligne.hidden = etat !== "" && cellules.every((c) => c.dataset.etat !== etat);
      });
      bloc.hidden = Boolean(ej) || (Boolean(programme) && bloc.dataset.programme !== programme) || tous("tbody tr", bloc).every((l) => l.hidden);
    });
    let lignes = 0;
    tous(".fiche").forEach((fiche) => {
      fiche.hidden = fiche.dataset.ej !== ej;
      tous(":scope > [data-programme]", fiche).forEach((bloc) => {
        const corps = tous(".indicateur", bloc);
        corps.forEach((c) => { c.hidden = etat !== "" && c.dataset.etat !== etat; });
        bloc.hidden = (Boolean(programme) && bloc.dataset.programme !== programme) || corps.every((c) => c.hidden);
        if (!fiche.hidden && !bloc.hidden) lignes += corps.filter((c) => !c.hidden).length;
      });
    });
    if (!ej) lignes = tous(".comparaison:not([hidden]) td[data-etat]:not(.attenue)").filter((c) => !c.parentElement.hidden).length;
    document.getElementById("situation-vide").hidden = lignes > 0;
    tous("#sources > details").forEach((d) => { d.hidden = Boolean(ej) && d.dataset.ej !== ej; });
    document.getElementById("compte").textContent = `${nombre(lignes)} ${lignes > 1 ? "résultats affichés" : "résultat affiché"}`;
    document.getElementById("selection").textContent = [fEj, fProgramme, fEtat].map((f) => f.selectedOptions[0].textContent).join(" · ");
  }
  function ecrire() {
    const choix = new URLSearchParams();
    if (fEj.value) choix.set("ej", fEj.value);
    if (fProgramme.value) choix.set("programme", fProgramme.value);
    if (fEtat.value) choix.set("etat", fEtat.value);
    history.replaceState(null, "", `#${choix}`);
    montrer();
  }
  function lire(defiler) {
    const choix = new URLSearchParams(location.hash.slice(1));
    if (defiler && location.hash && ![...choix.keys()].some((c) => ["ej", "programme", "etat", "detail"].includes(c))) return;
    const poser = (champ, valeur) => { champ.value = [...champ.options].some((o) => o.value === valeur) ? valeur : ""; };
    poser(fEj, choix.get("ej") ?? (ejs.length === 1 ? ejs[0] : ""));
    poser(fProgramme, choix.get("programme") ?? "");
    poser(fEtat, choix.get("etat") ?? "");
    montrer();
    const corps = choix.get("detail") && document.getElementById(choix.get("detail"));
    if (corps?.classList.contains("indicateur")) {
      deplier(corps, true);
      corps.scrollIntoView({ block: "start" });
      corps.querySelector(".deplier").focus({ preventScroll: true });
    } else if (defiler && location.hash) {
      document.getElementById("situation").scrollIntoView({ block: "start" });
    }
  }
  [fEj, fProgramme, fEtat].forEach((f) => f.addEventListener("change", ecrire));
  document.getElementById("filtres").addEventListener("reset", () => setTimeout(() => {
    if (ejs.length === 1) fEj.value = ejs[0];
    ecrire();
  }));
  document.getElementById("filtres").addEventListener("submit", (e) => e.preventDefault());
  document.getElementById("imprimer").addEventListener("click", () => window.print());
  window.addEventListener("hashchange", () => lire(true));
  if (ejs.length === 1) fEj.closest(".champ").hidden = true;
  lire(false);
})();
