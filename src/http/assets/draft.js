/*
 * Saves a step of a draft while it is filled in: when a field is left, or three seconds after the last key. Without this file the buttons do it.
 */
(function () {
  'use strict';
  var form = document.querySelector('form[data-autosave]');
  if (!form || !window.fetch || !window.FormData || !window.URLSearchParams) return;
  var words = JSON.parse(form.getAttribute('data-autosave'));
  var line = form.querySelector('.autosave');
  var saved = content();
  var sending = null;
  var timer = 0;
  var isOver = false;

  function content() {
    var fields = new URLSearchParams(new FormData(form));
    ['_csrf', 'version', 'was'].forEach(function (name) {
      fields.delete(name);
    });
    return fields.toString();
  }
  function body() {
    var fields = new URLSearchParams(new FormData(form));
    fields.set('auto', 'yes');
    return fields;
  }
  function say(word, values) {
    // As src/texts/fill.ts does it.
    var forms = /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;
    var text = words[word].replace(forms, function (_, name, one, other) {
      return one === undefined ? values[name] : String(values[name]) === '1' ? one : other;
    });
    line.className = 'autosave ' + word;
    if (line.textContent !== text) line.textContent = text;
  }
  function post(keepalive) {
    return fetch(form.action, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: body(),
      credentials: 'same-origin',
      redirect: 'error',
      keepalive: keepalive,
    });
  }
  function save() {
    clearTimeout(timer);
    var now = content();
    if (isOver || sending || now === saved) return;
    say('saving', {});
    sending = post(false)
      .then(function (reply) {
        if (reply.status === 409) {
          isOver = true;
          say('changed', {});
          return;
        }
        if (!reply.ok) throw new Error(String(reply.status));
        return reply.json().then(function (state) {
          form.elements.version.value = state.version;
          form.elements.was.value = state.was;
          saved = now;
          say(state.left > 0 ? 'left' : 'saved', { time: state.time, count: state.left });
        });
      })
      .catch(function () {
        say('failed', {});
      })
      .then(function () {
        sending = null;
        // What was typed meanwhile, unless it failed: then the next change tries again.
        if (line.className.indexOf('failed') < 0 && content() !== saved) later();
      });
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, 3000);
  }
  form.addEventListener('input', later);
  form.addEventListener('change', save);
  // A button pressed while a save is under way waits for it: its version would be the older one.
  form.addEventListener('submit', function (event) {
    var button = event.submitter;
    clearTimeout(timer);
    if (sending && form.requestSubmit) {
      event.preventDefault();
      sending.then(function () {
        form.requestSubmit(button);
      });
      return;
    }
    isOver = true;
  });
  window.addEventListener('pagehide', function () {
    if (isOver || sending || content() === saved) return;
    isOver = true;
    post(true);
  });
  // Come back to by the browser's button, as it was left.
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) location.reload();
  });
})();
