"use strict";
// Figures of the page, written as socle/resultats/mots.py writes them everywhere else.
const formats = (() => {
  const rien = "—";
  const absent = (v) => v === null || v === undefined;
  const nombre = (v, decimales = 0) => {
    if (absent(v)) return rien;
    // toFixed rounds the exact value half up, which Intl.NumberFormat does not.
    const [entier, reste] = Math.abs(v).toFixed(decimales).split(".");
    const texte = entier.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (reste ? `,${reste}` : "");
    return v < 0 && Number(v.toFixed(decimales)) !== 0 ? `\u2212${texte}` : texte;
  };
  const pourcentage = (taux, cible = null) => {
    if (absent(taux)) return rien;
    let decimales = 1;
    while (cible !== null && taux < cible && Number(taux.toFixed(decimales)) >= cible) decimales += 1;
    return `${nombre(taux, decimales)}\u00a0%`;
  };
  const objectif = (cible) => (absent(cible) ? rien : `${nombre(cible)}\u00a0%`);
  const points = (ecart) => {
    if (absent(ecart)) return rien;
    const arrondi = Number(ecart.toFixed(1));
    return `${arrondi > 0 ? "+" : ""}${nombre(ecart, 1)}\u00a0pt${Math.abs(arrondi) >= 2 ? "s" : ""}`;
  };
  return { nombre, pourcentage, objectif, points };
})();
