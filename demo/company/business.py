"""What Proscenia, the made-up theatre company, does for a living: its domains, its teams and its systems, in its own words."""

from __future__ import annotations

from dataclasses import dataclass

ORGANISATION = "proscenia"
MAIL = "proscenia.example"
GITHUB_ORGANISATION = "proscenia"


@dataclass(frozen=True, slots=True)
class SystemIdea:
    """A system to be: its name, what it is for, and the things it deals in."""

    name: str
    text: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainIdea:
    """A domain to be, with the department's teams that run it."""

    name: str
    title: str
    text: str
    teams: tuple[str, ...]
    systems: tuple[SystemIdea, ...]


def _domain(name: str, title: str, text: str, teams: str, systems: str) -> DomainIdea:
    """Read a domain from lines of `system | what it is for | thing thing thing`."""
    ideas = []
    for line in systems.strip().splitlines():
        system, purpose, things = (part.strip() for part in line.split("|"))
        ideas.append(SystemIdea(system, purpose, tuple(things.split())))
    return DomainIdea(name, title, text, tuple(teams.split()), tuple(ideas))


DOMAINS: tuple[DomainIdea, ...] = (
    _domain(
        "ticketing",
        "Ticketing",
        "Selling a seat to a person, once, at the right price.",
        "box-office seat-selection ticket-delivery resale-exchange season-passes",
        """
        seat-map | Draws every hall and knows the state of each seat. | seat section hall
        box-office | Sells over the counter in the foyer. | sale till receipt
        ticket-hold | Keeps seats aside while somebody makes up their mind. | hold basket expiry
        price-book | Decides what a seat costs tonight. | price band fee
        resale | Lets patrons pass on seats they can't use. | offer bid transfer
        season-pass | Seats for a whole season, renewed each spring. | pass renewal benefit
        ticket-wallet | Puts the ticket on the patron's phone. | barcode wallet scan
        """,
    ),
    _domain(
        "venues",
        "Venues",
        "Running the buildings while an audience is in them.",
        "front-of-house house-operations access-gates venue-mapping concessions",
        """
        gate-scan | Opens the gate for a valid ticket, also when the network is down. | gate entry turnstile
        house-calendar | Who has which hall, and when. | booking closure slot
        venue-directory | Rooms, capacities, entrances and lifts of every house. | venue room capacity
        crowd-flow | Counts people so that foyers stay safe. | queue density exit
        concession-pos | Sells drinks in a fifteen minute interval. | order menu stock
        facility-care | Finds the broken seat before the patron does. | fault inspection contractor
        lost-property | Reunites umbrellas with their owners. | item claim shelf
        """,
    ),
    _domain(
        "productions",
        "Productions",
        "Everything that makes a show ready for its first night.",
        "show-planning stage-technology casting-tools rehearsal-scheduling prop-logistics",
        """
        show-file | The one description of a show, revised nightly. | show cue revision
        cue-runner | Fires light, sound and fly cues on time. | rig fade standby
        casting-desk | From open call to signed contract. | audition role shortlist
        rehearsal-plan | Calls the right people to the right room. | rehearsal call absence
        prop-store | Ten thousand props and where they are. | prop crate loan
        wardrobe | Costumes, fittings and quick changes. | costume fitting repair
        set-build | Drawings and cutting lists for the workshop. | drawing part timber
        """,
    ),
    _domain(
        "touring",
        "Touring",
        "Moving a show from town to town.",
        "route-planning freight crew-travel tour-budgets border-papers",
        """
        tour-route | Plans the order of towns. | leg stop detour
        freight-manifest | What is in which truck, and what it weighs. | crate load weighing
        crew-travel | Trips and rooms for the crew. | trip room visa
        tour-budget | What a town costs and what it brings. | budget advance settlement
        carnet | Customs papers for scenery. | document customs seal
        truck-tracking | Where the trucks are tonight. | truck position delay
        load-in | The first eight hours in a new house. | dock crew schedule
        """,
    ),
    _domain(
        "streaming",
        "Streaming",
        "Showing the stage to people who are not in the hall.",
        "live-encoding player-experience stream-rights archive-library subtitles",
        """
        live-ingest | Takes camera feeds from the hall. | feed camera encoder
        player | Plays a show on every screen. | session playhead caption
        stream-rights | Who may watch what, where, until when. | licence territory window
        show-archive | Forty years of recordings. | recording reel restoration
        subtitle-desk | Words for those who can't hear or don't know the language. | subtitle translation timing
        stream-edge | Video segments close to the viewer. | segment manifest origin
        watch-party | Watching together, apart. | room reaction invite
        """,
    ),
    _domain(
        "payments",
        "Payments",
        "Taking money, giving it back, and passing it on.",
        "checkout card-processing payouts fraud-watch gift-vouchers",
        """
        checkout | The last three minutes before a purchase. | basket session confirmation
        card-vault | Keeps card details where nobody can read them. | card token mandate
        settlement | Matches what we took with what the bank says. | batch dispute statement
        payout | Pays producers their share. | payee transfer schedule
        fraud-watch | Stops the purchase that nobody made. | signal rule verdict
        gift-voucher | Theatre as a present. | voucher balance redemption
        refund-desk | Money back when the show does not go on. | refund reason credit
        """,
    ),
    _domain(
        "patrons",
        "Patrons",
        "Knowing the people in the seats, as far as they let us.",
        "patron-profile loyalty memberships patron-support consent",
        """
        patron-profile | One record per patron. | patron address preference
        loyalty | Thanks those who come often. | point tier reward
        membership | Friends of the house. | member renewal card
        support-desk | Answers patrons by phone and chat. | case reply transcript
        consent-ledger | What each patron agreed to, and when. | consent purpose erasure
        donation | Gifts, large and small. | gift pledge acknowledgement
        accessibility-desk | Seats and help for every body. | need companion arrangement
        """,
    ),
    _domain(
        "marketing",
        "Marketing",
        "Filling the hall.",
        "campaigns messages discovery brand-sites audience-insight",
        """
        campaign | Plans what to tell whom. | audience budget calendar
        message-post | Sends mail and text messages. | message template bounce
        show-search | Finds a show for tonight. | listing query synonym
        brand-site | The company's public pages. | page banner asset
        audience-insight | Who came, and would they come again. | segment survey score
        recommendation | If you liked this, then perhaps that. | suggestion signal model
        press-room | Pictures and texts for journalists. | release photo accreditation
        """,
    ),
    _domain(
        "finance",
        "Finance",
        "Keeping the books of forty houses.",
        "ledger procurement royalties tax-and-duty house-accounts",
        """
        general-ledger | The books. | entry account closing
        procurement | Buys timber, paint and light bulbs. | request supplier contract
        royalty | What authors and composers are owed. | author statement share
        tax-engine | The right tax in every town. | rate return exemption
        house-accounts | Each evening's takings, counted twice. | takings banking variance
        expense-claim | Gives the crew back what they spent. | claim receipt allowance
        """,
    ),
    _domain(
        "people",
        "People",
        "Looking after those who work here.",
        "hiring payroll rota-planning learning contractor-desk",
        """
        rota | Who works tonight. | shift swap cover
        payroll-run | Pays everyone on the same day. | payslip deduction pension
        hiring-desk | Finds the next colleague. | candidate interview offer
        learning | Teaches rigging before anyone climbs. | course lesson certificate
        contractor-desk | Freelancers, their contracts and their badges. | contract timesheet badge
        people-directory | Who is who, and where. | person post photo
        """,
    ),
    _domain(
        "data",
        "Data",
        "Numbers that the rest of the company can trust.",
        "data-platform event-streams reporting machine-learning data-quality",
        """
        event-bus | Carries what happened to whom it concerns. | topic schema subscription
        warehouse | Where all numbers end up. | table load snapshot
        metric-store | One definition for each number. | metric definition alert
        feature-store | Inputs for models, fresh and versioned. | feature vector backfill
        report-room | Reports that arrive before the meeting. | report chart delivery
        data-quality | Notices that yesterday looks odd. | check profile incident
        """,
    ),
    _domain(
        "platform",
        "Platform",
        "The ground that every other team stands on.",
        "runtime delivery-tooling identity-and-access observability security-engineering",
        """
        identity | Who you are and what you may enter. | login group key
        delivery | From a merged change to the running service. | build release rollback
        cluster-fleet | The clusters, their nodes and quotas. | node quota upgrade
        observability | Logs, traces and dashboards. | log trace dashboard
        secret-store | Secrets, leased and rotated. | secret lease rotation
        network-edge | Routes, certificates and the front door. | route certificate firewall
        """,
    ),
)
