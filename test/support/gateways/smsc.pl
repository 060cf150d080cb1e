#!/usr/bin/perl
# An SMSC of Debian's libnet-smpp-perl (Net::SMPP), which shares no code with ours. Usage: smsc.pl LOG [cut=N throttle=N twice=N late=N silent=N]
# Prints its port. Writes a line for each message that would reach a phone: number, data coding, esm_class, bytes in hexadecimal.
# cut=N: every Nth message is kept and the line cut instead of an answer. throttle=N: every Nth is refused with ESME_RTHROTTLED.
# twice=N: every Nth is answered twice. late=N: every Nth is answered two seconds later. Of each kept message a receipt follows.
use strict;
use warnings;
use Net::SMPP;
use IO::Select;
use IO::Handle;
use Time::HiRes 'time';

my ($path, @settings) = @ARGV;
my %every = map { split /=/ } @settings;
open my $log, '>>', $path or die "$path: $!";
$log->autoflush(1);
STDOUT->autoflush(1);
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34) or die "listen: $!";
print 'listening ', $listener->sockport, "\n";

my $select = IO::Select->new($listener);
my $count = 0;
# Ids go on after a restart: receipts of the process before must not be taken for ours.
my $next = int(time * 1000) % 1_000_000_000;
my @later;
my @receipts;
local $SIG{PIPE} = 'IGNORE';

sub nth { my ($name) = @_; return $every{$name} && $count % $every{$name} == 0 }

sub drop {
    my ($c) = @_;
    $select->remove($c);
    @later = grep { $_->[1] != $c } @later;
    @receipts = grep { $_->[0] != $c } @receipts;
    close $c;
}

sub submit {
    my ($c, $pdu) = @_;
    $count++;
    return $c->submit_sm_resp(message_id => '', seq => $pdu->{seq}, status => 0x58) if nth('throttle');
    my $bytes = $pdu->{short_message};
    $bytes = $pdu->{message_payload} if !length $bytes && defined $pdu->{message_payload};
    print $log join(' ', $pdu->{destination_addr}, $pdu->{data_coding}, $pdu->{esm_class}, unpack('H*', $bytes)), "\n";
    my $id = $next++;
    return drop($c) if nth('cut');
    if (nth('late')) { push @later, [time + 2, $c, $pdu->{seq}, $id] }
    else {
        $c->submit_sm_resp(message_id => $id, seq => $pdu->{seq});
        $c->submit_sm_resp(message_id => $id, seq => $pdu->{seq}) if nth('twice');
    }
    push @receipts, [$c, $id, $pdu->{destination_addr}] if $pdu->{registered_delivery};
}

while (1) {
    for my $c ($select->can_read(@receipts ? 0.001 : 0.05)) {
        if ($c == $listener) {
            my $new = $listener->accept or next;
            $new->set_version(0x34);
            $select->add($new);
            next;
        }
        my $pdu = $c->read_pdu();
        if (!$pdu) { drop($c); next }
        my $cmd = $pdu->{cmd};
        if ($cmd == 0x4) { submit($c, $pdu) }
        elsif ($cmd == 0x9) { $c->bind_transceiver_resp(system_id => 'perl', seq => $pdu->{seq}) }
        elsif ($cmd == 0x2) { $c->bind_transmitter_resp(system_id => 'perl', seq => $pdu->{seq}) }
        elsif ($cmd == 0x1) { $c->bind_receiver_resp(system_id => 'perl', seq => $pdu->{seq}) }
        elsif ($cmd == 0x15) { $c->enquire_link_resp(seq => $pdu->{seq}) }
        elsif ($cmd == 0x6) { $c->unbind_resp(seq => $pdu->{seq}); drop($c) }
    }
    my $now = time;
    for my $due (grep { $_->[0] <= $now } @later) {
        my (undef, $c, $seq, $id) = @$due;
        $c->submit_sm_resp(message_id => $id, seq => $seq);
    }
    @later = grep { $_->[0] > $now } @later;
    for (1 .. 50) {
        my $receipt = shift @receipts or last;
        my ($c, $id, $number) = @$receipt;
        $c->deliver_sm(
            async => 1, esm_class => 4, source_addr => $number, destination_addr => '10690',
            short_message => "id:$id sub:001 dlvrd:001 submit date:2611290900 done date:2611290901 stat:DELIVRD err:000 text:",
        );
    }
}
