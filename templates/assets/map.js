/* Puts a map that moves in the place of the static one: the same drawing, in the same units, with Leaflet.
   Texts from the log are set as text, never as HTML. */
(function () {
  "use strict";
  var data = window.sceneboardMap;
  var frame = document.getElementById("map-frame");
  if (!data || !frame || !window.L) return;
  var L = window.L;
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  var coarse = window.matchMedia("(pointer: coarse)").matches;

  /* Units as in the static map, y down; Leaflet's "latitude" is y, its "longitude" x. */
  var crs = L.Util.extend({}, L.CRS.Simple, {
    transformation: new L.Transformation(1, 0, 1, 0),
    distance: function (a, b) {
      return Math.hypot(a.lat - b.lat, a.lng - b.lng) * data.km * 1000;
    },
  });

  function drawing(viewBox, path, rule) {
    var made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    made.setAttribute("viewBox", viewBox);
    var inner = made.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    inner.setAttribute("d", path);
    if (rule) inner.setAttribute("fill-rule", rule);
    return made;
  }

  function line(steps) {
    var x = 0, y = 0, points = [];
    for (var i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      points.push([y, x]);
    }
    return points;
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  var moving = element("div", "map-moving");
  moving.setAttribute("role", "group");
  moving.setAttribute("aria-label", frame.dataset.label + ". Arrow keys move it, plus and minus zoom.");
  frame.appendChild(moving);
  frame.classList.add("moves");

  var whole = L.latLngBounds([0, 0], [data.size[1], data.size[0]]);
  var world = L.latLngBounds([data.world[1], data.world[0]], [data.world[3], data.world[2]]);
  var map = L.map(moving, {
    crs: crs, attributionControl: false, zoomControl: false, zoomSnap: 0, scrollWheelZoom: false, dragging: !coarse,
    maxBounds: world, maxBoundsViscosity: 1, zoomAnimation: !calm, fadeAnimation: !calm, inertia: !calm,
    minZoom: -20, renderer: L.svg({ padding: 0.5 }),
  });
  function showWhole() {
    map.fitBounds(whole, { animate: false });
  }
  function limitZoom() {
    var fit = map.getBoundsZoom(whole);
    map.setMinZoom(Math.min(fit, Math.max(fit - 1.5, map.getBoundsZoom(world, true))));
    map.setMaxZoom(fit + 5);
  }
  showWhole();
  limitZoom();

  /* --- Behind: sea, land, meridians and parallels --- */
  var ground = map.createPane("ground");
  ground.style.zIndex = 250;
  ground.style.pointerEvents = "none";
  var behind = L.svg({ padding: 0.5, pane: "ground" });
  function draw(make, points, className, more) {
    var options = { pane: "ground", renderer: behind, interactive: false, className: className, smoothFactor: 0.5 };
    return make(points, L.Util.extend(options, more)).addTo(map);
  }
  draw(L.rectangle, world, "sea");
  draw(L.polygon, data.land.map(line), "land", { fillRule: "evenodd" });
  var grid = data.grid.map(function (entry) {
    var points = line(entry[2]);
    draw(L.polyline, points, "grid", { noClip: true });
    return { kind: entry[0], label: entry[1], points: points };
  });

  /* Texts are put anew after each move: degrees below the footprints, tags on them. */
  function textPane(name, depth) {
    var pane = map.createPane(name);
    pane.classList.add("leaflet-zoom-hide");
    pane.setAttribute("aria-hidden", "true");
    pane.style.zIndex = depth;
    pane.style.pointerEvents = "none";
    return pane;
  }
  var degrees = textPane("degrees", 350);
  var tags = textPane("tags", 450);
  var urgency = ["RETRY", "FAILED", "PENDING", "NEW", "DONE"];
  var urgent = data.places.slice().sort(function (a, b) {
    return urgency.indexOf(data.statuses[a.status]) - urgency.indexOf(data.statuses[b.status]);
  });
  /* Where a line is seen, the place that its label belongs to: left for parallels; for meridians below, or away from
     the pole. */
  function labelPlace(entry, view) {
    var best = null;
    for (var i = 1; i < entry.points.length; i++) {
      var seen = L.LineUtil.clipSegment(
        map.latLngToContainerPoint(entry.points[i - 1]), map.latLngToContainerPoint(entry.points[i]), view, false, false
      );
      (seen || []).forEach(function (point) {
        var better = best && (entry.kind === "parallel" ? point.x < best.x : data.polar || point.y > best.y);
        if (!best || better) best = point;
      });
    }
    return best;
  }
  /* Room that is taken: an array of bounds. Gives false if a box meets one of them or isn't wholly in the view. */
  function take(taken, view, box) {
    var free = view.contains(box) && taken.every(function (other) { return !other.intersects(box); });
    if (free) taken.push(box);
    return free;
  }
  function put(pane, made, x, y) {
    pane.appendChild(made);
    L.DomUtil.setPosition(made, map.containerPointToLayerPoint([x, y]).round());
  }
  function label() {
    var size = map.getSize();
    var view = L.bounds([0, 0], size);
    var taken = [L.bounds([0, 0], [44, 124]), L.bounds([size.x - 150, size.y - 34], size)];
    degrees.replaceChildren();
    grid.forEach(function (entry) {
      var point = labelPlace(entry, view);
      if (!point) return;
      var width = entry.label.length * 6.5;
      var x = entry.kind === "parallel" ? point.x + 4 : point.x - width / 2;
      var y = Math.max(point.y - 18, 1);
      if (entry.kind === "meridian") x = Math.min(Math.max(x, 4), size.x - width - 4);
      if (take(taken, view, L.bounds([x - 3, y], [x + width + 3, y + 16]))) put(degrees, element("span", "degree", entry.label), x, y);
    });
    taken = [];
    tags.replaceChildren();
    urgent.forEach(function (place) {
      if (!place.middle || taken.length > 60) return;
      var width = 16 + place.tally.length * 7;
      var seen = L.latLngBounds([place.middle[1], place.middle[0]], [place.middle[1], place.middle[0]]);
      place.points.forEach(function (point) { seen.extend(point); });
      var across = map.latLngToContainerPoint(seen.getSouthEast()).subtract(map.latLngToContainerPoint(seen.getNorthWest()));
      if (Math.abs(across.x) < width + 6 || Math.abs(across.y) < 16) return;
      var at = map.latLngToContainerPoint([place.middle[1], place.middle[0]]);
      if (!take(taken, view, L.bounds([at.x - width / 2 - 2, at.y - 8], [at.x + width / 2 + 2, at.y + 8]))) return;
      var tag = element("span", "tag " + data.statuses[place.status].toLowerCase());
      tag.appendChild(drawing("-50 -50 100 100", data.glyphs[place.status], "evenodd"));
      if (place.tally) tag.appendChild(document.createTextNode(place.tally));
      put(tags, tag, at.x - width / 2, at.y - 7);
    });
  }

  /* --- Footprints --- */
  function many(number, kind) {
    return number + " " + kind + (number === 1 ? "" : "s");
  }
  function sum(numbers) {
    return numbers.reduce(function (all, one) { return all + one; }, 0);
  }
  function told(numbers) {
    return data.statuses.filter(function (_, i) { return numbers[i]; }).map(function (status) {
      return numbers[data.statuses.indexOf(status)] + " " + status;
    }).join(", ");
  }
  function state(index) {
    var status = data.statuses[index];
    var made = element("span", "status " + status.toLowerCase());
    made.textContent = status;
    return made;
  }
  function content(place) {
    var box = element("div");
    if (place.name) box.appendChild(element("p", "name", place.name));
    var counts = box.appendChild(element("dl", "counts"));
    [["scene", place.scenes], ["tile", place.tiles]].forEach(function (pair) {
      if (!sum(pair[1])) return;
      counts.appendChild(element("dt", "", many(sum(pair[1]), pair[0])));
      counts.appendChild(element("dd", "", told(pair[1])));
    });
    if (place.first.length) {
      var list = box.appendChild(element("ul"));
      place.first.forEach(function (one) {
        var item = list.appendChild(element("li"));
        item.appendChild(state(one[4]));
        item.appendChild(document.createTextNode(" "));
        item.appendChild(element("a", "", one[0] + " " + one[1])).href = one[5];
        if (one[3]) item.appendChild(document.createTextNode(" of " + one[3]));
        if (one[2] !== place.name) item.appendChild(element("div", "name", one[2]));
      });
      var more = sum(place.scenes) + sum(place.tiles) - place.first.length;
      if (more > 0) box.appendChild(element("p", "", "and " + more + " more"));
    }
    if (place.classes.indexOf("approximate") > 0) box.appendChild(element("p", "", "Approximate: from the MGRS square in the product\u2019s name."));
    return box;
  }

  var opener = null;
  function show(place) {
    var className = "shape " + place.classes;
    var layers = [];
    if (place.dot) {
      layers.push(L.circleMarker([place.dot[1], place.dot[0]], { className: className, radius: 5 }));
    }
    if (place.rings.length) {
      var rings = place.rings.map(line);
      place.points = [].concat.apply([], rings);
      /* Each ring is a polygon of its own for Leaflet, one path for the browser: holes are told by their direction. */
      layers.push(L.polygon(rings.map(function (ring) { return [ring]; }), {
        className: className, fillRule: "nonzero", smoothFactor: 0.3,
      }));
    }
    (place.lines || []).map(line).forEach(function (points) {
      layers.push(points.length > 1
        ? L.polyline(points, { className: className + " line" })
        : L.circleMarker(points[0], { className: className, radius: 5 }));
    });
    layers.forEach(function (layer, i) {
      layer.bindPopup(function () { return content(place); }, { maxWidth: 340, maxHeight: 260 }).addTo(map);
      if (i) return;
      var shape = layer.getElement();
      shape.setAttribute("tabindex", "0");
      shape.setAttribute("role", "button");
      shape.setAttribute("aria-label", [
        place.name, told(place.scenes) && "scenes: " + told(place.scenes), told(place.tiles) && "tiles: " + told(place.tiles),
      ].filter(Boolean).join("; "));
      shape.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        opener = shape;
        layer.openPopup();
      });
    });
  }
  data.places.forEach(function (place) { place.points = []; });
  data.places.forEach(show);

  map.on("popupopen", function (event) {
    var first = event.popup.getElement().querySelector(".leaflet-popup-content a, .leaflet-popup-close-button");
    if (opener) first.focus({ preventScroll: true });
  });
  map.on("popupclose", function () {
    if (opener) opener.focus({ preventScroll: true });
    opener = null;
  });
  moving.addEventListener("keydown", function (event) {
    if (event.key === "Escape") map.closePopup();
  });

  /* --- Controls --- */
  L.control.zoom().addTo(map);
  var Whole = L.Control.extend({
    onAdd: function () {
      var bar = element("div", "leaflet-bar");
      var button = bar.appendChild(element("a", "whole"));
      button.appendChild(drawing("0 0 14 14", "M1 5V1h4M9 1h4v4M13 9v4h-4M5 13h-4v-4"));
      button.href = "#map-frame";
      button.title = "Whole map";
      button.setAttribute("role", "button");
      button.setAttribute("aria-label", "Whole map");
      L.DomEvent.on(button, "click", function (event) {
        L.DomEvent.stop(event);
        showWhole();
      });
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    },
  });
  new Whole({ position: "topleft" }).addTo(map);
  L.control.scale({ position: "bottomright", imperial: false, maxWidth: 120 }).addTo(map);

  /* The wheel scrolls the page until the map was chosen. */
  map.on("focus", function () { map.scrollWheelZoom.enable(); });
  map.on("blur", function () { map.scrollWheelZoom.disable(); });
  var seesWhole = true;
  map.on("resize", function () {
    limitZoom();
    if (seesWhole || map.getZoom() < map.getMinZoom()) showWhole();
  });
  map.on("moveend", function () { seesWhole = map.getBounds().contains(whole.pad(-0.02)); });
  map.on("moveend zoomend resize", label);
  if (!calm) map.on("move", label);
  label();
})();
