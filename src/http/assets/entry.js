/*
 * Entering sheets by keyboard: a digit chooses that option of the question with the focus and goes on to the next one; 0 leaves it blank.
 * Ctrl and Enter save the sheet; Enter alone on an option goes on, so that nothing is saved half filled in by accident.
 * In a village the line breaks: a sheet is sent from the page, which stays open until it is saved. What is filled in is kept in this tab alone until
 * then, for a phone that drops the page meanwhile, and two hours at most.
 * Without this file the form works with Tab, arrows and Space.
 */
(function () {
  'use strict';
  var key = 'manyi.sheet';
  function forget() {
    try {
      window.sessionStorage.removeItem(key);
    } catch (e) {
      return;
    }
  }
  /** [digest of the code, what is filled in, when it was last changed] */
  function readDraft() {
    try {
      return JSON.parse(window.sessionStorage.getItem(key));
    } catch (e) {
      return null;
    }
  }
  var lifetime = 2 * 3600 * 1000;
  function forgetOld() {
    var draft = readDraft();
    var age = draft ? Date.now() - draft[2] : NaN;
    // A clock that was set back makes it old, too.
    if (!(age >= 0 && age < lifetime)) forget();
  }
  forgetOld();
  window.setInterval(forgetOld, 60000);
  var form = document.querySelector('form.entry');
  // The pages that say that a sheet was saved, however it was sent, or that the person has signed out.
  if (!form) {
    if (document.querySelector('.feedback')) forget();
    return;
  }
  var groups = form.querySelectorAll('.item');
  function focusOn(index) {
    var next = groups[index];
    if (!next) {
      document.getElementById('send').focus();
      return;
    }
    var details = next.parentNode;
    if (details.tagName === 'DETAILS' && !details.open) {
      document.getElementById('send').focus();
      return;
    }
    next.querySelector('input,textarea').focus();
    if (next.scrollIntoView) next.scrollIntoView(false);
  }
  form.addEventListener('keydown', function (event) {
    var field = event.target;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      document.getElementById('send').click();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || !/^(?:[0-9]|Enter)$/.test(event.key || '')) return;
    if (field.type !== 'radio' && field.type !== 'checkbox') return;
    event.preventDefault();
    for (var i = 0; i < groups.length; i++) {
      if (!groups[i].contains(field)) continue;
      if (event.key === 'Enter') {
        focusOn(i + 1);
        return;
      }
      var options = groups[i].querySelectorAll('input');
      var choice = Number(event.key);
      if (choice > options.length) return;
      for (var j = 0; j < options.length; j++) {
        if (j === choice - 1) options[j].checked = field.type === 'radio' || !options[j].checked;
        else if (choice === 0) options[j].checked = false;
      }
      changed();
      if (field.type === 'radio' || choice === 0) focusOn(i + 1);
      return;
    }
  });

  // ── what is said about saving ──
  var status = document.getElementById('saving');
  var send = document.getElementById('send');
  function tell(word, seconds) {
    var text = word ? form.getAttribute('data-' + word) : '';
    status.textContent = text.replace('{seconds}', seconds);
    status.className = /^(?:sending|restored)?$/.test(word) ? 'status' : 'status bad';
  }

  // ── a draft in this tab ──
  var own = /^_(?!pressure)/;
  /** Not the code itself: a digest of it. */
  var sheet = (function (text) {
    var a = 5381;
    var b = 52711;
    for (var i = 0; i < text.length; i++) {
      a = (a * 33) ^ text.charCodeAt(i);
      b = (b * 31) ^ text.charCodeAt(i);
    }
    return (a >>> 0).toString(36) + (b >>> 0).toString(36);
  })(form.elements._code.value.replace(/[^0-9A-Za-z]/g, '').toUpperCase());
  // The second time a sheet is entered, nothing may be there of the first.
  var isSecond = !!form.elements._first;
  var note = document.querySelector('.draft');
  if (note) note.hidden = false;
  function filledIn() {
    var list = [];
    for (var i = 0; i < form.elements.length; i++) {
      var field = form.elements[i];
      if (!field.name || own.test(field.name)) continue;
      var isChoice = field.type === 'radio' || field.type === 'checkbox';
      if (isChoice ? field.checked : field.value !== '') list.push([field.name, field.value]);
    }
    return list;
  }
  function keep() {
    if (isSecond) return;
    try {
      window.sessionStorage.setItem(key, JSON.stringify([sheet, filledIn(), Date.now()]));
    } catch (e) {
      return;
    }
  }
  function findDraft() {
    var draft = readDraft();
    return draft && draft[0] === sheet ? draft[1] : [];
  }
  function restore(list) {
    for (var i = 0; i < form.elements.length; i++) {
      var field = form.elements[i];
      for (var j = 0; j < list.length; j++) {
        if (list[j][0] !== field.name) continue;
        if (field.type !== 'radio' && field.type !== 'checkbox') field.value = list[j][1];
        else if (field.value === list[j][1]) field.checked = true;
        else continue;
        var details = field.closest && field.closest('details');
        if (details) details.open = true;
      }
    }
    tell('restored');
  }

  // ── sending ──
  var patience = 10 * 60 * 1000;
  var pending = null;
  function end(word, seconds) {
    window.clearTimeout(pending.timer);
    pending = null;
    send.disabled = false;
    tell(word, seconds);
  }
  /** What came back in place of a page: saved, or not now; the service's own page says everything else, with what was filled in. */
  function read(reply) {
    if (reply.type === 'opaqueredirect') {
      forget();
      location.href = form.getAttribute('data-next');
    } else if (reply.status === 429 || reply.status === 503) {
      end('busy', reply.headers.get('retry-after') || 10);
    } else {
      form.submit();
    }
  }
  function attempt() {
    var one = pending;
    if (!one || one.isUnderWay) return;
    window.clearTimeout(one.timer);
    one.isUnderWay = true;
    // A line that says nothing is broken, too.
    var silence = window.AbortController ? new AbortController() : null;
    var limit = window.setTimeout(function () {
      if (silence) silence.abort();
    }, 30000);
    var options = { method: 'POST', body: one.body, credentials: 'same-origin', redirect: 'manual' };
    if (silence) options.signal = silence.signal;
    function answered(reply) {
      // These come from a proxy while the service restarts.
      if (reply.status === 502 || reply.status === 504) return failed();
      window.clearTimeout(limit);
      if (pending === one) read(reply);
    }
    function failed() {
      window.clearTimeout(limit);
      if (pending !== one) return;
      one.isUnderWay = false;
      if (Date.now() - one.since > patience) return end('gave-up');
      tell('offline');
      one.wait = Math.min(15000, one.wait * 2);
      one.timer = window.setTimeout(attempt, one.wait);
    }
    fetch(form.action, options).then(answered, failed);
  }
  form.addEventListener('submit', function (event) {
    // The first of two entries is not saved yet: it goes on to a page.
    var isFirst = !!form.elements._twice && !isSecond;
    if (
      isFirst ||
      !window.fetch ||
      !window.URLSearchParams ||
      !window.FormData ||
      !FormData.prototype.entries
    )
      return;
    event.preventDefault();
    if (pending) return;
    pending = { body: new URLSearchParams(new FormData(form)), since: Date.now(), wait: 500 };
    send.disabled = true;
    tell('sending');
    attempt();
  });
  window.addEventListener('online', attempt);
  function changed() {
    keep();
    if (pending) end('changed');
    // What was not saved is said until it is.
    else if (status.className === 'status') tell('');
  }
  form.addEventListener('change', changed);
  form.addEventListener('input', changed);

  var hasFaults = document.querySelector('.errors') !== null;
  var draft = isSecond || hasFaults || filledIn().length > 0 ? [] : findDraft();
  if (draft.length > 0) restore(draft);
  else if (!isSecond && !hasFaults) forget();
  if (!hasFaults) focusOn(0);
})();
