/*
 * Shows how far a file of codes is while it is made and comes. The file itself is the reply to the form, as without this script, and is handed to the browser.
 */
(function () {
  'use strict';
  var box = document.querySelector('[data-export]');
  var form = box && document.getElementById(box.getAttribute('data-form'));
  if (
    !form ||
    !window.fetch ||
    !window.FormData ||
    !window.URLSearchParams ||
    !window.Blob ||
    !window.EventSource
  )
    return;
  var live = box.getAttribute('data-export');
  var words = JSON.parse(box.getAttribute('data-words'));
  var bar = box.querySelector('progress');
  var percent = box.querySelector('.task-percent');
  var text = box.querySelector('.task-text');
  var isBusy = false;

  function show(value, words) {
    if (value === null) bar.removeAttribute('value');
    else bar.value = value;
    percent.textContent = value === null ? '' : value + '%';
    if (text.textContent !== words) text.textContent = words;
  }
  function nameOf(reply) {
    var found = /filename\*=UTF-8''([^;]+)/i.exec(reply.headers.get('content-disposition') || '');
    return found ? decodeURIComponent(found[1]) : 'codes';
  }
  /** The body part by part, so that its share of the announced length can be shown. */
  function read(reply) {
    var size = Number(reply.headers.get('content-length'));
    if (!reply.body || !reply.body.getReader) return reply.blob();
    var reader = reply.body.getReader();
    var parts = [];
    var came = 0;
    return reader.read().then(function next(part) {
      if (part.done) return new Blob(parts, { type: reply.headers.get('content-type') || '' });
      parts.push(part.value);
      came += part.value.length;
      show(size > 0 ? Math.floor((100 * came) / size) : null, words.coming);
      return reader.read().then(next);
    });
  }
  function hand(blob, name) {
    var link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.parentNode.removeChild(link);
    setTimeout(function () {
      URL.revokeObjectURL(link.href);
    }, 60000);
  }

  form.addEventListener('submit', function (event) {
    var button = event.submitter || document.activeElement;
    if (button && button.name === 'preview') return;
    event.preventDefault();
    // A second press would export a second time.
    if (isBusy) return;
    isBusy = true;
    var run = Math.random().toString(36).slice(2) + Date.now().toString(36);
    var fields = new URLSearchParams(new FormData(form));
    fields.set('run', run);
    box.hidden = false;
    show(0, words.begins);
    var source = new EventSource(live + '?run=' + run);
    source.onmessage = function (event) {
      var state = JSON.parse(event.data);
      if (typeof state.percent === 'number') show(state.percent, state.text);
    };
    fetch(form.action, { method: 'POST', body: fields, credentials: 'same-origin' })
      .then(function (reply) {
        source.close();
        if (!reply.ok || !reply.headers.get('content-disposition')) {
          // The page says what is wrong: it comes again as the reply to the form itself.
          form.submit();
          return;
        }
        return read(reply).then(function (blob) {
          hand(blob, nameOf(reply));
          show(100, words.done);
          isBusy = false;
        });
      })
      .catch(function () {
        source.close();
        isBusy = false;
        show(null, words.failed);
      });
  });
})();
