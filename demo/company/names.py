"""The names that the made-up company's people bear."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    Ada Aiko Alba Amara Anders Anika Arturo Ayodele Beatriz Bela Björn Bruna Callum Carmen Chen Chiara Cyrus
    Dalia Daniel Desta Dmitri Efua Eino Elif Emil Esme Farah Felix Fiona Freya Gabor Giulia Goran Grace Hana
    Hassan Helga Hugo Ines Ingrid Isaac Ivo Jaya Joana Jonas Kaito Kalinda Katya Kofi Lars Leila Linus Lucía
    Magnus Maja Mateo Meera Mina Nadia Naoki Neil Niamh Noor Olga Omar Oskar Paloma Pavel Priya Quentin Rafael
    Ravi Renata Rosa Ruth Samir Sanna Selim Shira Sofia Stellan Tamar Tariq Teresa Thandi Tobias Uma Valentin
    Vera Wanda Wim Xenia Yara Yusuf Zainab Zoltan
    """
)

LAST = _words(
    """
    Abernathy Adeyemi Aguilar Almqvist Andrade Baptiste Barros Bergström Bianchi Blackwood Boateng Borges
    Calloway Castellano Chaudhry Cortez Dalgaard Delacroix Demir Dubois Eriksen Esposito Falk Farrokhzad
    Ferreira Fontaine Galvão Ghorbani Grímsdóttir Haddad Hargreaves Hoffmann Holloway Ibarra Iyer Jansson
    Kapoor Karlsen Kimura Kowalczyk Kurosawa Lindqvist Lombardi Maguire Mbeki Mendes Moreau Mukherjee Nakata
    Ndiaye Nordahl Novák Obi Okafor Oliveira Osei Pálsson Papadakis Petrov Quispe Rasmussen Reyes Rosenthal
    Sadiq Sandoval Sato Schreiber Silvestri Sørensen Stokes Szabó Takeda Thorne Tremblay Ueda Vasquez
    Verhoeven Villanueva Wexler Winslow Yamada Yilmaz Zeller Zhang Zielinski
    """
)

POSTS = (
    "Engineer",
    "Senior engineer",
    "Principal engineer",
    "Engineering lead",
    "Designer",
    "Product manager",
    "Data analyst",
    "Test engineer",
    "Reliability engineer",
)
