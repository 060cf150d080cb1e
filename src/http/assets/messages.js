/*
 * Shows and counts the message while its text is typed. Without this file the preview button does the same.
 */
(function () {
  'use strict';
  var phone = document.getElementById('sms-preview');
  var live = phone && phone.getAttribute('data-live');
  if (!live) return;
  live = JSON.parse(live);
  var box = document.getElementById(live.field);
  var bubble = phone.querySelector('.bubble');
  var count = document.getElementById('sms-count');
  var said = document.getElementById('sms-said');
  if (!box || !bubble || !count || !said) return;
  var first = { bubble: bubble.cloneNode(true), count: count.textContent, over: count.className };
  var waiting;

  // The signature's brackets make every message UCS-2: 70 units, else 67 a part, and no surrogate pair is split.
  function segmentsOf(text) {
    if (text.length <= 70) return 1;
    var segments = 1;
    var used = 0;
    for (var i = 0; i < text.length; i++) {
      var size = /^[\ud800-\udbff][\udc00-\udfff]/.test(text.substr(i, 2)) ? 2 : 1;
      if (used + size > 67) {
        segments++;
        used = 0;
      }
      used += size;
      i += size - 1;
    }
    return segments;
  }
  function fill(template) {
    return template.replace(/\{([^{}]*)\}/g, function (whole, name) {
      return Object.prototype.hasOwnProperty.call(live.values, name) ? live.values[name] : whole;
    });
  }
  function showText(text) {
    var at = text.indexOf(live.address);
    bubble.textContent = '';
    if (at < 0) {
      bubble.appendChild(document.createTextNode(text));
      return;
    }
    var link = document.createElement('span');
    link.className = 'phone-link';
    link.appendChild(document.createTextNode(live.address));
    bubble.appendChild(document.createTextNode(text.slice(0, at)));
    bubble.appendChild(link);
    bubble.appendChild(document.createTextNode(text.slice(at + live.address.length)));
  }
  function showCount(text) {
    var rest = live.limit - text.length;
    count.textContent =
      live.count.replace('{units}', String(text.length)).replace('{segments}', String(segmentsOf(text))) +
      live.gap +
      (rest < 0 ? live.over.replace('{over}', String(-rest)) : live.left.replace('{left}', String(rest)));
    count.className = rest < 0 ? 'sms-count over' : 'sms-count';
  }
  box.addEventListener('input', function () {
    var typed = box.value.trim();
    if (typed === '') {
      var again = first.bubble.cloneNode(true);
      bubble.parentNode.replaceChild(again, bubble);
      bubble = again;
      count.textContent = first.count;
      count.className = first.over;
    } else {
      var text = '\u3010' + live.signature + '\u3011' + fill(typed);
      showText(text);
      showCount(text);
    }
    // Read aloud once nothing has been typed for a second.
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      said.textContent = count.textContent;
    }, 1000);
  });
})();
