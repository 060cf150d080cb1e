/*
 * The respondent's page with script. Everything works without this file; it adds progress, a draft on the device, conditions, and sending that
 * survives a broken line. Old WebViews run it as it is: ES5, no library. It sends what was on the page when "send" was pressed, only
 * while the page is open, and only for some minutes: an answer given under pressure must not arrive after a later, free one.
 */
(function () {
  'use strict';
  var form = document.forms[0];
  if (!form || !form.getAttribute('data-progress') || !document.querySelectorAll || !window.XMLHttpRequest)
    return;
  var say = function (name) {
    return form.getAttribute('data-' + name) || '';
  };
  var each = function (list, act) {
    for (var i = 0; i < list.length; i++) act(list[i], i);
  };
  var make = function (tag, className, text) {
    var node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.appendChild(document.createTextNode(text));
    return node;
  };
  var stepped = form.hasAttribute('data-step');
  var start = say('start');
  var send = document.getElementById('send');
  var items = form.querySelectorAll('.item:not([id^="i-_"])');

  // ── fields ──
  function isChoice(field) {
    return field.type === 'radio' || field.type === 'checkbox';
  }
  function isOwn(field) {
    return !field.name || field.type === 'submit' || field.type === 'hidden';
  }
  function pairs(all) {
    var list = [];
    each(form.elements, function (field) {
      if (!field.name || field.type === 'submit' || (!all && isOwn(field))) return;
      if (isChoice(field) ? field.checked : field.value !== '') list.push([field.name, field.value]);
    });
    return list;
  }
  function encode(list) {
    var parts = [];
    each(list, function (pair) {
      parts.push(encodeURIComponent(pair[0]) + '=' + encodeURIComponent(pair[1]));
    });
    return parts.join('&');
  }

  // ── conditions and progress ──
  var bar = make('p', 'progress');
  function refresh() {
    var done = 0;
    var total = 0;
    each(items, function (item) {
      var name = item.getAttribute('data-if');
      if (name && !stepped) {
        var wanted = ' ' + item.getAttribute('data-in') + ' ';
        var met = false;
        each(form.elements, function (field) {
          if (field.name !== name || !field.checked || wanted.indexOf(' ' + field.value + ' ') < 0) return;
          var parent = document.getElementById('i-' + name);
          met = !parent || !parent.hidden;
        });
        item.hidden = !met;
      }
      // The comment is welcome and missing to nobody.
      if (item.hidden || item.querySelector('textarea')) return;
      total++;
      var answered = false;
      each(item.querySelectorAll('input'), function (field) {
        if (isChoice(field) ? field.checked : /\S/.test(field.value)) answered = true;
      });
      if (answered) done++;
    });
    bar.textContent = say('progress').replace('{done}', done).replace('{total}', total);
  }
  if (!stepped) form.insertBefore(bar, form.firstChild);

  // ── what is said about saving ──
  var status = make('p', 'status');
  status.setAttribute('role', 'status');
  if (send) send.parentNode.parentNode.insertBefore(status, send.parentNode);
  function tell(name) {
    status.textContent = name ? say(name) : '';
    status.className = /offline|gave-up|changed/.test(name) ? 'status bad' : 'status';
  }

  // ── draft ──
  var lifetime = 48 * 3600 * 1000;
  var store = null;
  try {
    if (!start && !stepped) {
      store = window.localStorage;
      store.getItem('');
    }
  } catch (e) {
    store = null;
  }
  /** The address carries the code: it is not written down on the device, a digest of it is. */
  var key = (function (text) {
    var a = 5381;
    var b = 52711;
    for (var i = 0; i < text.length; i++) {
      a = (a * 33) ^ text.charCodeAt(i);
      b = (b * 31) ^ text.charCodeAt(i);
    }
    return 'manyi.' + (a >>> 0).toString(36) + (b >>> 0).toString(36);
  })(location.pathname);
  function forget() {
    try {
      if (store) store.removeItem(key);
    } catch (e) {
      return;
    }
  }
  function forgetOld() {
    for (var i = store.length - 1; i >= 0; i--) {
      var name = store.key(i);
      if (name.indexOf('manyi.') !== 0 || name === 'manyi.off') continue;
      var at = Number((store.getItem(name) || '').split(' ', 1)[0]);
      if (!(Date.now() - at < lifetime && at <= Date.now())) store.removeItem(name);
    }
  }
  var wanted = make('input');
  function keep() {
    if (!store || !wanted.checked) return;
    try {
      var list = pairs(false);
      if (list.length) store.setItem(key, Date.now() + ' ' + JSON.stringify(list));
      else store.removeItem(key);
      tell(list.length ? 'kept' : '');
    } catch (e) {
      tell('');
    }
  }
  function fill(list) {
    each(form.elements, function (field) {
      if (isOwn(field)) return;
      each(list, function (pair) {
        if (pair[0] !== field.name) return;
        if (!isChoice(field)) field.value = pair[1];
        else if (field.value === pair[1]) field.checked = true;
      });
      if (field.name.charAt(0) === '_' && (isChoice(field) ? field.checked : field.value))
        field.form.querySelector('details').open = true;
    });
  }
  function empty() {
    forget();
    each(form.elements, function (field) {
      if (isOwn(field)) return;
      if (isChoice(field)) field.checked = false;
      else field.value = '';
    });
    tell('');
    refresh();
  }
  if (store) {
    try {
      forgetOld();
      var label = make('label', 'keep');
      wanted.type = 'checkbox';
      wanted.checked = store.getItem('manyi.off') === null;
      label.appendChild(wanted);
      label.appendChild(document.createTextNode(say('draft')));
      send.parentNode.parentNode.insertBefore(label, status);
      wanted.onchange = function () {
        if (wanted.checked) {
          store.removeItem('manyi.off');
          keep();
        } else {
          store.setItem('manyi.off', '1');
          forget();
          tell('');
        }
      };
      var draft = store.getItem(key);
      if (draft && wanted.checked && pairs(false).length === 0) {
        fill(JSON.parse(draft.slice(draft.indexOf(' ') + 1)));
        var note = make('p', 'mark', say('restored') + ' ');
        var clear = make('button', 'secondary', say('clear'));
        clear.type = 'button';
        clear.onclick = function () {
          note.parentNode.removeChild(note);
          empty();
          items[0].querySelector('input,textarea').focus();
        };
        note.appendChild(clear);
        note.setAttribute('role', 'status');
        form.insertBefore(note, form.firstChild);
      }
    } catch (e) {
      store = null;
    }
  }
  refresh();

  // ── sending ──
  var patience = 10 * 60 * 1000;
  var pending = null;
  function stop(name) {
    if (!pending) return;
    var request = pending.request;
    window.clearTimeout(pending.timer);
    pending = null;
    if (request) request.abort();
    send.disabled = false;
    tell(name);
  }
  function again(one) {
    one.request = null;
    one.wait = Math.min(15000, one.wait * 2);
    tell('offline');
    one.timer = window.setTimeout(attempt, one.wait * (0.5 + Math.random()));
  }
  function attempt() {
    var one = pending;
    if (!one || one.request) return;
    if (Date.now() - one.since > patience) return stop('gave-up');
    window.clearTimeout(one.timer);
    var request = new XMLHttpRequest();
    one.request = request;
    request.open('POST', form.getAttribute('action') || location.href);
    request.setRequestHeader('content-type', 'application/x-www-form-urlencoded; charset=utf-8');
    request.setRequestHeader('accept', 'text/html');
    request.timeout = 30000;
    request.onload = function () {
      if (pending !== one) return;
      // Old browsers do not say where a reply came from.
      var end = request.responseURL || '/done';
      // Stored: the closing page, or that of a preview. A firewall may block with status 200, too.
      if (request.status === 200 && /done|sent=/.test(end)) {
        forget();
        pending = null;
        location.href = end;
      } else if (/^50[234]$/.test(request.status)) {
        // 502 and 504 come from a proxy while the service restarts.
        again(one);
      } else {
        // Faults, a code that no longer works, or a blocked request: the page itself says it better.
        pending = null;
        form.submit();
      }
    };
    request.onerror = request.ontimeout = function () {
      if (pending !== one) return;
      again(one);
    };
    request.send(one.body);
  }
  var pressed = null;
  form.addEventListener('click', function (event) {
    var node = event.target;
    pressed = node && node.type === 'submit' ? node : pressed;
  });
  form.addEventListener('submit', function (event) {
    var own = pressed && pressed.name;
    pressed = null;
    if (own === '_receipt') forget();
    if (own || !send) return;
    event.preventDefault();
    if (pending) return;
    pending = { body: encode(pairs(true)), since: Date.now(), request: null, timer: 0, wait: 500 };
    send.disabled = true;
    tell('sending');
    attempt();
  });
  // As without script, Enter on an option sends nothing: it goes on to the next question.
  form.addEventListener('keydown', function (event) {
    var field = event.target;
    if (event.keyCode !== 13 || stepped || field.tagName !== 'INPUT') return;
    event.preventDefault();
    var next = null;
    var passed = false;
    each(items, function (item) {
      if (passed && !next && !item.hidden) next = item.querySelector('input,textarea');
      if (item.contains(field)) passed = true;
    });
    (next || send).focus();
  });
  window.addEventListener('online', attempt);
  var changed = function (event) {
    if (event.target === wanted) return;
    refresh();
    stop('changed');
    var failed = /bad/.test(status.className);
    keep();
    if (failed) tell('changed');
  };
  form.addEventListener('change', changed);
  form.addEventListener('input', changed);
  // Gone from the screen is gone: nothing is sent from a page that was left.
  window.addEventListener('pagehide', function () {
    stop('gave-up');
  });
  window.addEventListener('pageshow', function (event) {
    if (event.persisted) location.reload();
  });

  // ── a shared device empties itself ──
  if (start) {
    var limit = Number(say('seconds'));
    var last = Date.now();
    var warned = false;
    var alive = function () {
      last = Date.now();
      if (warned) tell('');
      warned = false;
    };
    each(['click', 'keydown', 'touchstart', 'scroll', 'input'], function (type) {
      document.addEventListener(type, alive, true);
    });
    window.setInterval(function () {
      var left = limit - Math.round((Date.now() - last) / 1000);
      if (left <= 0) location.replace(start);
      else if (left <= 30) {
        warned = true;
        status.className = 'status bad';
        status.textContent = say('idle').replace('{seconds}', left);
      }
    }, 1000);
  }
})();
