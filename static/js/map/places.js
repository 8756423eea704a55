// SPDX-License-Identifier: AGPL-3.0-or-later
// Towns by which a reader finds the way on a small-scale map; the communes of the tiles take over when one looks closer.
const TOWNS = `Paris 2.352 48.857 1;Marseille 5.370 43.296 1;Lyon 4.835 45.764 1;Toulouse 1.444 43.605 1;Nice 7.262 43.710 2
Nantes -1.554 47.218 1;Montpellier 3.877 43.611 2;Strasbourg 7.752 48.573 1;Bordeaux -0.579 44.838 1;Lille 3.057 50.629 1
Rennes -1.678 48.117 2;Reims 4.032 49.258 3;Saint-Étienne 4.387 45.440 3;Le Havre 0.107 49.494 2;Toulon 5.928 43.124 3
Grenoble 5.724 45.188 2;Dijon 5.042 47.322 2;Angers -0.563 47.478 3;Nîmes 4.360 43.837 3;Clermont-Ferrand 3.087 45.778 2
Le Mans 0.199 48.008 3;Brest -4.486 48.390 1;Tours 0.685 47.394 3;Amiens 2.296 49.894 3;Limoges 1.262 45.834 2
Metz 6.176 49.119 3;Perpignan 2.895 42.689 2;Besançon 6.024 47.237 3;Orléans 1.909 47.903 3;Rouen 1.099 49.443 3
Caen -0.371 49.183 3;Nancy 6.184 48.692 3;Avignon 4.806 43.949 3;Poitiers 0.340 46.580 3;La Rochelle -1.151 46.160 2
Pau -0.371 43.295 3;Calais 1.856 50.951 3;Bayonne -1.475 43.493 2;Lorient -3.366 47.748 3;Quimper -4.098 47.996 3
Saint-Malo -2.026 48.649 3;Cherbourg -1.625 49.640 2;Dunkerque 2.377 51.034 3;Valence 4.892 44.933 3;Chambéry 5.921 45.564 3
Gap 6.079 44.559 3;Aurillac 2.440 44.930 3;Rodez 2.573 44.350 3;Troyes 4.075 48.297 3;Mont-de-Marsan -0.500 43.890 3
Ajaccio 8.737 41.919 1;Bastia 9.450 42.697 2;Fort-de-France -61.068 14.604 1;Pointe-à-Pitre -61.534 16.241 1
Basse-Terre -61.726 15.998 2;Cayenne -52.326 4.938 1;Kourou -52.650 5.160 2;Saint-Laurent-du-Maroni -54.029 5.504 2
Saint-Denis 55.448 -20.879 1;Saint-Pierre 55.478 -21.341 2;Mamoudzou 45.227 -12.780 1;Nouméa 166.448 -22.276 1
Papeete -149.566 -17.535 1;Mata-Utu -176.176 -13.282 1;Saint-Pierre -56.176 46.781 1;Gustavia -62.849 17.896 2;Marigot -63.084 18.068 2`;

function town(line) {
  const [, name, x, y, rank] = line.match(/^(.+) (-?[\d.]+) (-?[\d.]+) (\d)$/);
  return { type: "Feature", properties: { name, rank: Number(rank) }, geometry: { type: "Point", coordinates: [Number(x), Number(y)] } };
}

export const towns = () => ({ type: "FeatureCollection", features: TOWNS.split(/[;\n]/).map(town) });
