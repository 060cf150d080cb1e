/*
 * Counts the message while its text is typed. Without this file the preview button does the same.
 */
(function () {
  'use strict';
  var box = document.getElementById('f-template');
  var count = document.getElementById('sms-count');
  if (!box || !count) return;
  var fixed = Number(count.getAttribute('data-fixed'));
  var text = count.getAttribute('data-text');
  var first = count.textContent;
  // The signature's brackets make every message UCS-2: 70 units, else 67 a part, and no surrogate pair is split.
  function segmentsOf(units, words) {
    if (units <= 70) return 1;
    var pairs = words.match(/[\ud800-\udbff][\udc00-\udfff]/g);
    return Math.ceil((units + (pairs ? 1 : 0)) / 67);
  }
  box.addEventListener('input', function () {
    var typed = box.value.trim();
    if (typed === '') {
      count.textContent = first;
      return;
    }
    var words = typed.replace(/\{(?:address|code)\}/g, '');
    var units = fixed + words.length;
    count.textContent = text
      .replace('{units}', String(units))
      .replace('{segments}', String(segmentsOf(units, words)));
  });
})();
